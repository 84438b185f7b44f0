import { accessReviewV1beta1 } from './conversion-access-review.ts';
import { defineKind } from '../kind-definition.ts';
import type { SubjectAccessReview } from '../generated/authorization-v1.ts';

/** Asked by a create request and answered at once; never stored. */
export const subjectAccessReviewKind = defineKind<SubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  resource: 'subjectaccessreviews',
  singular: 'subjectaccessreview',
  namespaced: false,
  alsoServed: [
    {
      version: 'v1beta1',
      deprecated: { since: 'v1.19', removedIn: 'v1.22', use: 'authorization.k8s.io/v1 SubjectAccessReview' },
      ...accessReviewV1beta1,
    },
  ],
  verbs: ['create'],
  hasStatus: false,
});
