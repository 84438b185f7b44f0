import { defineKind } from '../kind-definition.ts';
import type { SelfSubjectRulesReview } from '../generated/authorization-v1.ts';

/** Asked by a create request and answered at once; never stored. */
export const selfSubjectRulesReviewKind = defineKind<SelfSubjectRulesReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  resource: 'selfsubjectrulesreviews',
  singular: 'selfsubjectrulesreview',
  namespaced: false,
  alsoServed: [
    { version: 'v1beta1', deprecated: { since: 'v1.19', removedIn: 'v1.22', use: 'authorization.k8s.io/v1 SelfSubjectRulesReview' } },
  ],
  verbs: ['create'],
  hasStatus: false,
});
