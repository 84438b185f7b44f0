import { accessReviewV1beta1 } from './conversion-access-review.ts';
import { defineKind } from '../kind-definition.ts';
import type { LocalSubjectAccessReview } from '../generated/authorization-v1.ts';

/** Asked by a create request and answered at once; never stored. */
export const localSubjectAccessReviewKind = defineKind<LocalSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  resource: 'localsubjectaccessreviews',
  singular: 'localsubjectaccessreview',
  namespaced: true,
  alsoServed: [
    {
      version: 'v1beta1',
      deprecated: { since: 'v1.19', removedIn: 'v1.22', use: 'authorization.k8s.io/v1 LocalSubjectAccessReview' },
      ...accessReviewV1beta1,
    },
  ],
  verbs: ['create'],
  hasStatus: false,
});
