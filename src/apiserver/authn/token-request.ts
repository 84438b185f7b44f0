import { randomUUID } from 'node:crypto';
import { badRequest, conflict, fieldInvalid, invalid, notFound, root, timestamp, type FieldError, type KubeObject } from '#apimachinery';
import { jwtSigner } from '#pki';
import type { Pod } from '#api/generated/core-v1.ts';
import type { TokenRequest } from '#api/generated/authentication-v1.ts';
import type { ObjectReader } from '../types.ts';
import { serviceAccountUsername } from './username.ts';

export interface TokenIssuerOptions {
  /** Private key in PEM. */
  key: string;
  issuer: string;
  apiAudiences: readonly string[];
  reader: ObjectReader;
  /** Upper limit of a token's life in seconds. */
  maxExpirationSeconds?: number;
}

/** Answers a TokenRequest for a service account. Throws 400, 404, 409, 422. */
export type TokenIssuer = (
  account: { namespace: string; name: string },
  request: Pick<TokenRequest, 'metadata' | 'spec'>,
  now?: Date,
) => TokenRequest;

/** What kubelets ask for; such tokens live on for a year (marked), since old clients read their token file only once. */
const KUBELET_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 86_400;

interface Bound {
  pod?: KubeObject;
  secret?: KubeObject;
  node?: { name: string; uid?: string };
}

/** The handler of the `token` subresource of service accounts. */
export function tokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const sign = jwtSigner(options.key);
  return ({ namespace, name }, request, now = new Date()) => {
    const audiences = request.spec.audiences?.length ? request.spec.audiences : options.apiAudiences;
    const seconds = Math.min(request.spec.expirationSeconds ?? 3600, options.maxExpirationSeconds ?? Number.MAX_SAFE_INTEGER);
    const errors = validateExpiration(seconds);
    if (errors.length > 0) throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', errors);
    const account = options.reader.get({ group: '', resource: 'serviceaccounts' }, namespace, name);
    if (account === undefined) throw notFound({ group: '', resource: 'serviceaccounts' }, name);
    const bound = boundObjects(options.reader, account, request);
    const issued = Math.floor(now.getTime() / 1000);
    const forApi = audiences.every((audience) => options.apiAudiences.includes(audience));
    const extended = seconds === KUBELET_SECONDS && bound.pod !== undefined && forApi;
    const token = sign({
      aud: audiences,
      exp: issued + (extended ? EXTENDED_SECONDS : seconds),
      iat: issued,
      iss: options.issuer,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace,
        ...(bound.node === undefined ? {} : { node: bound.node }),
        ...(bound.pod === undefined ? {} : { pod: reference(bound.pod) }),
        ...(bound.secret === undefined ? {} : { secret: reference(bound.secret) }),
        serviceaccount: reference(account),
        ...(extended ? { warnafter: issued + seconds } : {}),
      },
      nbf: issued,
      sub: serviceAccountUsername(namespace, name),
    });
    return {
      ...request,
      metadata: { ...request.metadata, name, namespace, creationTimestamp: timestamp(now) },
      spec: { ...request.spec, audiences: [...audiences], expirationSeconds: seconds },
      status: { token, expirationTimestamp: timestamp(new Date((issued + seconds) * 1000)) },
    };
  };
}

function reference({ metadata }: KubeObject): { name: string; uid: string | undefined } {
  return { name: metadata.name, uid: metadata.uid };
}

function validateExpiration(seconds: number): FieldError[] {
  const path = root.child('spec', 'expirationSeconds');
  if (seconds < 600) return [fieldInvalid(path, seconds, 'may not specify a duration less than 10 minutes')];
  if (seconds > 2 ** 32) return [fieldInvalid(path, seconds, 'may not specify a duration larger than 2^32 seconds')];
  return [];
}

function boundObjects(reader: ObjectReader, account: KubeObject, request: Pick<TokenRequest, 'spec'>): Bound {
  const wanted = request.spec.boundObjectRef;
  if (wanted === undefined || wanted === null) return {};
  const kind = `${wanted.apiVersion ?? ''}, Kind=${wanted.kind ?? ''}`;
  const find = (resource: string, namespace: string): KubeObject => {
    const object = reader.get({ group: '', resource }, namespace, wanted.name ?? '');
    if (object === undefined) throw notFound({ group: '', resource }, wanted.name ?? '');
    checkUid({ resource, name: wanted.name ?? '' }, wanted.uid, object);
    return object;
  };
  const namespace = account.metadata.namespace ?? '';
  if (wanted.apiVersion === 'v1' && wanted.kind === 'Pod') return boundToPod(reader, account, find('pods', namespace) as Pod);
  if (wanted.apiVersion === 'v1' && wanted.kind === 'Secret') return { secret: find('secrets', namespace) };
  if (wanted.apiVersion === 'v1' && wanted.kind === 'Node') return { node: reference(find('nodes', '')) };
  throw badRequest(`cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to object of type /${kind}`);
}

function boundToPod(reader: ObjectReader, account: KubeObject, pod: Pod): Bound {
  if (pod.spec?.serviceAccountName !== account.metadata.name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`,
    );
  }
  const nodeName = pod.spec.nodeName;
  if (!nodeName) return { pod };
  // The node may have gone already; then its name is all there is to say.
  const node = reader.get({ group: '', resource: 'nodes' }, '', nodeName);
  return { pod, node: node === undefined ? { name: nodeName } : reference(node) };
}

function checkUid(about: { resource: string; name: string }, wanted: string | undefined, object: KubeObject): void {
  if (!wanted || wanted === object.metadata.uid) return;
  throw conflict(
    { group: '', resource: about.resource },
    about.name,
    `the UID in the bound object reference (${wanted}) does not match the UID in record. The object might have been deleted and then recreated`,
  );
}
