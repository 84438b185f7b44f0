import { jsonWebKeySet, signingAlgorithms } from '#pki';

/** `/.well-known/openid-configuration`: how others find the keys that service account tokens are signed with. */
export function openidConfiguration(options: { issuer: string; jwksUri?: string; keys: readonly string[] }): Record<string, unknown> {
  return {
    issuer: options.issuer,
    jwks_uri: options.jwksUri ?? `${options.issuer.replace(/\/$/, '')}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: signingAlgorithms(options.keys),
  };
}

/** `/openid/v1/jwks`; to be served as `application/jwk-set+json`. */
export function openidKeys(keys: readonly string[]): Record<string, unknown> {
  return { ...jsonWebKeySet(keys) };
}
