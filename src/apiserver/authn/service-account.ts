import type { KubeObject } from '#apimachinery';
import { jwtVerifier, LEGACY_ISSUER, unverifiedClaims, type Claims } from '#pki';
import type { Secret } from '#api/generated/core-v1.ts';
import type { ObjectReader, UserInfo } from '../types.ts';
import { badToken, type TokenAuthenticator, type TokenIdentity } from './token.ts';
import { serviceAccountGroups, serviceAccountUsername } from './username.ts';

export const DEFAULT_ISSUER = 'https://kubernetes.default.svc.cluster.local';

export interface ServiceAccountOptions {
  /** Public (or private) keys in PEM that tokens may be signed with. */
  keys: readonly string[];
  /** The first is that of new tokens, the others are accepted, too. */
  issuers: readonly string[];
  reader: ObjectReader;
}

const SERVICE_ACCOUNTS = { group: '', resource: 'serviceaccounts' };
const SECRETS = { group: '', resource: 'secrets' };
const BOUND = [
  ['pod', { group: '', resource: 'pods' }],
  ['secret', SECRETS],
  ['node', { group: '', resource: 'nodes' }],
] as const;

/** How long (ms) after an object began to go its tokens still work. */
const DELETION_LEEWAY = 60_000;
/** How far (ms) two clocks may be apart. */
const CLOCK_LEEWAY = 60_000;
const CACHE_SIZE = 4096;

/**
 * Service account tokens: bound ones (of TokenRequest) and those in secrets. Signatures are checked once and remembered;
 * that the account and whatever the token is bound to still exist is checked at each request, so deleting revokes at once.
 */
export function serviceAccountAuthenticator(options: ServiceAccountOptions): TokenAuthenticator {
  const claimsOf = rememberClaims(jwtVerifier(options.keys));
  return (token, audiences) => {
    const issuer = claimsOf.known(token)?.['iss'] ?? unverifiedClaims(token)?.['iss'];
    if (issuer === LEGACY_ISSUER) {
      return legacyIdentity(claimsOf.verify(token), token, { audiences, implicit: options.issuers }, options.reader);
    }
    if (typeof issuer !== 'string' || !options.issuers.includes(issuer)) return undefined;
    return boundIdentity(claimsOf.verify(token), audiences, options.reader);
  };
}

interface ClaimsCache {
  known(token: string): Claims | undefined;
  verify(token: string): Claims;
}

function rememberClaims(verify: (token: string) => Claims | undefined): ClaimsCache {
  const cache = new Map<string, Claims>();
  return {
    known: (token) => cache.get(token),
    verify: (token) => {
      const known = cache.get(token);
      if (known !== undefined) return known;
      const claims = verify(token);
      if (claims === undefined) throw badToken('the token is not signed by a key of this cluster');
      if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value ?? '');
      cache.set(token, claims);
      return claims;
    },
  };
}

interface Reference {
  name?: string;
  uid?: string;
}

interface PrivateClaims {
  namespace?: string;
  serviceaccount?: Reference;
  pod?: Reference;
  secret?: Reference;
  node?: Reference;
}

function boundIdentity(claims: Claims, audiences: readonly string[], reader: ObjectReader): TokenIdentity {
  const now = Date.now();
  const { exp, nbf, aud, jti } = claims;
  if (typeof exp !== 'number' || exp * 1000 + CLOCK_LEEWAY < now) throw badToken('service account token has expired');
  if (typeof nbf === 'number' && nbf * 1000 - CLOCK_LEEWAY > now) throw badToken('service account token is not valid yet');
  const meant = audiencesOf(aud).filter((audience) => audiences.includes(audience));
  if (meant.length === 0) {
    throw badToken(`token audiences ${JSON.stringify(aud)} is invalid for the target audiences ${JSON.stringify(audiences)}`);
  }
  const bound = (claims['kubernetes.io'] ?? {}) as PrivateClaims;
  const namespace = bound.namespace ?? '';
  const account = existing(reader, SERVICE_ACCOUNTS, namespace, bound.serviceaccount);
  for (const [kind, type] of BOUND) {
    const reference = bound[kind];
    // A pod's token names its node for information only: the pod's end is the token's end.
    if (reference === undefined || (kind === 'node' && bound.pod !== undefined)) continue;
    existing(reader, type, kind === 'node' ? '' : namespace, reference);
  }
  return { user: accountUser(account, extraOf(bound, jti)), audiences: meant };
}

function audiencesOf(aud: unknown): string[] {
  if (typeof aud === 'string') return [aud];
  return Array.isArray(aud) ? aud.filter((item): item is string => typeof item === 'string') : [];
}

function existing(
  reader: ObjectReader,
  type: { group: string; resource: string },
  namespace: string,
  reference: Reference | undefined,
): KubeObject {
  const name = reference?.name ?? '';
  const object = reader.get(type, namespace, name);
  if (object === undefined) throw badToken(`${type.resource} ${namespace}/${name} of the token does not exist`);
  if (object.metadata.uid !== reference?.uid) throw badToken(`${type.resource} ${namespace}/${name} of the token was made anew`);
  const deletion = object.metadata.deletionTimestamp;
  if (deletion !== undefined && Date.parse(deletion) + DELETION_LEEWAY < Date.now()) {
    throw badToken(`${type.resource} ${namespace}/${name} of the token has been deleted`);
  }
  return object;
}

function extraOf(bound: PrivateClaims, jti: unknown): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  const put = (field: string, value: string | undefined): void => {
    if (value !== undefined) extra[`authentication.kubernetes.io/${field}`] = [value];
  };
  if (typeof jti === 'string' && jti !== '') put('credential-id', `JTI=${jti}`);
  put('pod-name', bound.pod?.name);
  put('pod-uid', bound.pod?.uid);
  put('node-name', bound.node?.name);
  put('node-uid', bound.node?.uid);
  return extra;
}

function accountUser({ metadata }: KubeObject, extra?: Record<string, string[]>): UserInfo {
  const namespace = metadata.namespace ?? '';
  return {
    name: serviceAccountUsername(namespace, metadata.name),
    uid: metadata.uid,
    groups: serviceAccountGroups(namespace),
    ...(extra !== undefined && Object.keys(extra).length > 0 ? { extra } : {}),
  };
}

function legacyIdentity(
  claims: Claims,
  token: string,
  { audiences, implicit }: { audiences: readonly string[]; implicit: readonly string[] },
  reader: ObjectReader,
): TokenIdentity {
  const claim = (field: string): string => {
    const value = claims[`kubernetes.io/serviceaccount/${field}`];
    return typeof value === 'string' ? value : '';
  };
  const namespace = claim('namespace');
  const secret: Secret | undefined = reader.get(SECRETS, namespace, claim('secret.name'));
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) throw badToken('service account token has been invalidated');
  const stored = Buffer.from(secret.data?.['token'] ?? '', 'base64').toString('utf8');
  if (stored !== token) throw badToken("service account token does not match the server's copy");
  const account = reader.get(SERVICE_ACCOUNTS, namespace, claim('service-account.name'));
  if (account === undefined || account.metadata.deletionTimestamp !== undefined)
    throw badToken('the service account of the token does not exist');
  if (account.metadata.uid !== claim('service-account.uid')) throw badToken('the service account of the token was made anew');
  // Such a token names no audience: it is for the API server.
  const meant = audiences.filter((audience) => implicit.includes(audience));
  if (meant.length === 0 && audiences.length > 0) throw badToken('the token is for the API server only');
  return { user: accountUser(account), audiences: meant };
}
