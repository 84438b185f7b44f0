import type { Secret } from '#api/generated/core-v1.ts';

export const NAMESPACE = 'kube-system';
const TYPE = 'bootstrap.kubernetes.io/token';

/** A bootstrap token as its Secret describes it. */
export interface BootstrapToken {
  id: string;
  secret: string;
  /** Milliseconds since 1970; undefined: it does not expire. */
  expiry: number | undefined;
  /** May sign the ConfigMap `cluster-info`. */
  signs: boolean;
}

/** Undefined for a Secret that is no bootstrap token, or a broken one. */
export function tokenOf({ type, metadata, data }: Secret): BootstrapToken | undefined {
  if (type !== TYPE || metadata.namespace !== NAMESPACE) return undefined;
  const field = (name: string): string => Buffer.from(data?.[name] ?? '', 'base64').toString();
  const id = field('token-id');
  const secret = field('token-secret');
  if (!/^[a-z0-9]{6}$/.test(id) || secret === '' || metadata.name !== `bootstrap-token-${id}`) return undefined;
  const expiration = field('expiration');
  const expiry = expiration === '' ? undefined : Date.parse(expiration);
  // A time that cannot be read has passed: better no token than one for ever.
  return { id, secret, expiry: Number.isNaN(expiry) ? 0 : expiry, signs: field('usage-bootstrap-signing') === 'true' };
}
