import { localSubjectAccessReviewKind } from './local-subject-access-review.ts';
import { selfSubjectAccessReviewKind } from './self-subject-access-review.ts';
import { selfSubjectRulesReviewKind } from './self-subject-rules-review.ts';
import { subjectAccessReviewKind } from './subject-access-review.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `authorization.k8s.io`. */
export const authorizationKinds: readonly KindDefinition[] = [
  localSubjectAccessReviewKind,
  selfSubjectAccessReviewKind,
  selfSubjectRulesReviewKind,
  subjectAccessReviewKind,
];
