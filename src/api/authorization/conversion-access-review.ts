import { convertTo } from '../conversion.ts';
import type { KubeObject } from '#apimachinery';
import type { SubjectAccessReview } from '../generated/authorization-v1.ts';
import type { SubjectAccessReview as OldReview } from '../generated/authorization-v1beta1.ts';

/** In v1beta1 the field with the user's groups is called `group`. */
export const accessReviewV1beta1 = {
  toStorage(object: KubeObject): SubjectAccessReview {
    const { group, ...spec } = (object as OldReview).spec ?? {};
    return convertTo<SubjectAccessReview>('authorization.k8s.io/v1', object, {
      spec: group === undefined ? spec : { ...spec, groups: group },
    });
  },
  fromStorage(object: SubjectAccessReview): KubeObject {
    const { groups, ...spec } = object.spec;
    return convertTo<OldReview>('authorization.k8s.io/v1beta1', object, { spec: groups === undefined ? spec : { ...spec, group: groups } });
  },
};
