export { AUTHENTICATION_READS, createAuthentication, type Authentication, type AuthenticationOptions } from './authenticator.ts';
export { openidConfiguration, openidKeys } from './discovery-documents.ts';
export { impersonate } from './impersonation.ts';
export type { RequestHeaderOptions } from './request-header.ts';
export { DEFAULT_ISSUER } from './service-account.ts';
export { tokenIssuer, type TokenIssuer } from './token-request.ts';
