export { createAuthentication, union, type Authentication, type AuthenticationOptions } from './authenticator.ts';
export { openidConfiguration, openidKeys } from './discovery-documents.ts';
export { impersonate } from './impersonation.ts';
export type { RequestHeaderOptions } from './request-header.ts';
export { DEFAULT_ISSUER } from './service-account.ts';
export { tokenIssuer, type TokenIssuer, type TokenIssuerOptions } from './token-request.ts';
export type { TokenAuthenticator, TokenIdentity } from './token.ts';
export { ALL_AUTHENTICATED, ALL_UNAUTHENTICATED, ANONYMOUS, MASTERS, parseServiceAccountUsername, serviceAccountUsername } from './username.ts';
