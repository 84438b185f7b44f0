import type { KubeObject } from '#apimachinery';
import type { SelfSubjectReview, TokenReview } from '#api/generated/authentication-v1.ts';
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from '#api/generated/authorization-v1.ts';
import type { Authentication } from '../../authn/index.ts';
import type { Authorization } from '../../authz/index.ts';
import type { UserInfo } from '../../types.ts';
import { localSubjectAccessReview, normalized, selfSubjectAccessReview, subjectAccessReview } from './access-review.ts';
import { selfSubjectReview, tokenReview } from './identity-review.ts';
import { selfSubjectRulesReview } from './rules-review.ts';

/** What a review needs to know of its request. */
export interface ReviewRequest {
  user: UserInfo;
  info: { namespace: string };
  now: Date;
}

export type Review = (object: KubeObject, request: ReviewRequest) => KubeObject | Promise<KubeObject>;

/** The answers to all reviews, by `resource.group`. They are never stored; all throw StatusError 400 and 422. */
export function reviews(deps: { authentication: Authentication; authorization: Authorization }): Record<string, Review> {
  const { authentication, authorization } = deps;
  const { authorize, rbac } = authorization;
  return {
    'subjectaccessreviews.authorization.k8s.io': (object) => subjectAccessReview(normalized(object as SubjectAccessReview), authorize),
    'selfsubjectaccessreviews.authorization.k8s.io': (object, { user }) =>
      selfSubjectAccessReview(object as SelfSubjectAccessReview, user, authorize),
    'localsubjectaccessreviews.authorization.k8s.io': (object, { info }) =>
      localSubjectAccessReview(normalized(object as LocalSubjectAccessReview), info.namespace, authorize),
    'selfsubjectrulesreviews.authorization.k8s.io': (object, { user }) =>
      selfSubjectRulesReview(object as SelfSubjectRulesReview, user, rbac),
    'tokenreviews.authentication.k8s.io': (object) => tokenReview(object as TokenReview, authentication),
    'selfsubjectreviews.authentication.k8s.io': (object, { user, now }) => selfSubjectReview(object as SelfSubjectReview, user, now),
  };
}
