import { defineKind } from '../kind-definition.ts';
import type { SelfSubjectAccessReview } from '../generated/authorization-v1.ts';

/** Asked by a create request and answered at once; never stored. */
export const selfSubjectAccessReviewKind = defineKind<SelfSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  resource: 'selfsubjectaccessreviews',
  singular: 'selfsubjectaccessreview',
  namespaced: false,
  alsoServed: [
    { version: 'v1beta1', deprecated: { since: 'v1.19', removedIn: 'v1.22', use: 'authorization.k8s.io/v1 SelfSubjectAccessReview' } },
  ],
  verbs: ['create'],
  hasStatus: false,
});
