import { defineKind } from '../kind-definition.ts';
import type { SelfSubjectReview } from '../generated/authentication-v1.ts';

/** Asked by a create request and answered at once; never stored. */
export const selfSubjectReviewKind = defineKind<SelfSubjectReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  resource: 'selfsubjectreviews',
  singular: 'selfsubjectreview',
  namespaced: false,
  verbs: ['create'],
  hasStatus: false,
});
