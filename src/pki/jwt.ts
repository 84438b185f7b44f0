import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** JSON Web Tokens as Kubernetes uses them: RS256 and ES256/384/512, compact form. */

export type Claims = Record<string, unknown>;

interface Algorithm {
  name: string;
  hash: string;
}

function algorithmOf(key: KeyObject): Algorithm {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RS256', hash: 'sha256' };
  switch (key.asymmetricKeyDetails?.namedCurve) {
    case 'prime256v1':
      return { name: 'ES256', hash: 'sha256' };
    case 'secp384r1':
      return { name: 'ES384', hash: 'sha384' };
    case 'secp521r1':
      return { name: 'ES512', hash: 'sha512' };
    default:
      throw new Error(`a key of type ${key.asymmetricKeyType ?? 'unknown'} cannot sign service account tokens`);
  }
}

/** The `kid` of a key: the SHA-256 of its public half. */
function keyId(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
}

const encodeJson = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs claims with a private key (PEM); the header is made once. */
export function jwtSigner(privateKey: string): (claims: Claims) => string {
  const key = createPrivateKey(privateKey);
  const { name, hash } = algorithmOf(key);
  const header = encodeJson({ alg: name, kid: keyId(createPublicKey(key)) });
  return (claims) => {
    const input = `${header}.${encodeJson(claims)}`;
    const signature = sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  };
}

function parseJson(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Claims) : undefined;
  } catch {
    // Not JSON, so no token: the caller treats both alike.
    return undefined;
  }
}

/** The claims of a token that nobody has verified; undefined for what is no token. */
export function unverifiedClaims(token: string): Claims | undefined {
  const parts = token.split('.');
  return parts.length === 3 ? parseJson(parts[1] ?? '') : undefined;
}

/** Checks signatures against some public (or private) keys in PEM: the claims, or undefined when no key made the signature. */
export function jwtVerifier(keys: readonly string[]): (token: string) => Claims | undefined {
  const candidates = keys.map((pem) => {
    const key = createPublicKey(pem);
    return { key, id: keyId(key), ...algorithmOf(key) };
  });
  return (token) => {
    const [header = '', payload = '', signature = '', ...rest] = token.split('.');
    const fields = rest.length === 0 ? parseJson(header) : undefined;
    if (fields === undefined) return undefined;
    const input = Buffer.from(`${header}.${payload}`);
    const bytes = Buffer.from(signature, 'base64url');
    const genuine = candidates.some(
      ({ key, id, name, hash }) =>
        // The key decides the algorithm; what the token claims may only agree.
        fields['alg'] === name &&
        (fields['kid'] === undefined || fields['kid'] === '' || fields['kid'] === id) &&
        verify(hash, input, { key, dsaEncoding: 'ieee-p1363' }, bytes),
    );
    return genuine ? parseJson(payload) : undefined;
  };
}

/** The public keys as a JSON Web Key Set. */
export function jsonWebKeySet(keys: readonly string[]): { keys: Record<string, unknown>[] } {
  return {
    keys: keys.map((pem) => {
      const key = createPublicKey(pem);
      return { use: 'sig', ...key.export({ format: 'jwk' }), kid: keyId(key), alg: algorithmOf(key).name };
    }),
  };
}

/** The algorithms that keys sign with, each once. */
export function signingAlgorithms(keys: readonly string[]): string[] {
  return [...new Set(keys.map((pem) => algorithmOf(createPublicKey(pem)).name))];
}

/** The issuer of tokens that live in secrets. */
export const LEGACY_ISSUER = 'kubernetes/serviceaccount';

/** The claims of a token for a secret of type `kubernetes.io/service-account-token`: it has no end. */
export function legacyTokenClaims(account: { namespace: string; name: string; uid: string }, secretName: string): Claims {
  return {
    iss: LEGACY_ISSUER,
    'kubernetes.io/serviceaccount/namespace': account.namespace,
    'kubernetes.io/serviceaccount/secret.name': secretName,
    'kubernetes.io/serviceaccount/service-account.name': account.name,
    'kubernetes.io/serviceaccount/service-account.uid': account.uid,
    sub: `system:serviceaccount:${account.namespace}:${account.name}`,
  };
}
