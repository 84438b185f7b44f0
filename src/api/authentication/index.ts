import { selfSubjectReviewKind } from './self-subject-review.ts';
import { tokenReviewKind } from './token-review.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `authentication.k8s.io`. */
export const authenticationKinds: readonly KindDefinition[] = [selfSubjectReviewKind, tokenReviewKind];
