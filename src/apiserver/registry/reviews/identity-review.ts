import { badRequest, StatusError, timestamp } from '#apimachinery';
import type { SelfSubjectReview, TokenReview, UserInfo as ReviewedUser } from '#api/generated/authentication-v1.ts';
import type { Authentication } from '../../authn/index.ts';
import type { UserInfo } from '../../types.ts';

/** Whose token is this? A token that nobody knows, or a bad one, is an answer, too: `authenticated` is absent. */
export function tokenReview(review: TokenReview, authentication: Authentication): TokenReview {
  const { token, audiences = [] } = review.spec ?? {};
  if (!token) throw badRequest('token is required for TokenReview in authentication');
  const asked = audiences.length > 0 ? audiences : authentication.apiAudiences;
  try {
    const identity = authentication.authenticateToken(token, asked);
    if (identity === undefined) return { ...review, status: { user: {}, error: 'invalid bearer token' } };
    const named = audiences.length > 0 ? identity.audiences : authentication.apiAudiences;
    return { ...review, status: { authenticated: true, user: reviewed(identity.user), audiences: [...named] } };
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 401) throw error;
    return { ...review, status: { user: {}, error: error.cause instanceof Error ? error.cause.message : error.message } };
  }
}

/** Who am I? */
export function selfSubjectReview(review: SelfSubjectReview, user: UserInfo, now: Date): SelfSubjectReview {
  return {
    ...review,
    metadata: { ...review.metadata, creationTimestamp: timestamp(now) },
    status: { userInfo: reviewed(user) },
  };
}

function reviewed({ name, uid, groups, extra }: UserInfo): ReviewedUser {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    ...(extra === undefined ? {} : { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
  };
}
