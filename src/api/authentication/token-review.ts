import { defineKind } from '../kind-definition.ts';
import type { TokenReview } from '../generated/authentication-v1.ts';

/** Asked by a create request and answered at once; never stored. */
export const tokenReviewKind = defineKind<TokenReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  resource: 'tokenreviews',
  singular: 'tokenreview',
  namespaced: false,
  alsoServed: [{ version: 'v1beta1', deprecated: { since: 'v1.19', removedIn: 'v1.22', use: 'authentication.k8s.io/v1 TokenReview' } }],
  verbs: ['create'],
  hasStatus: false,
});
