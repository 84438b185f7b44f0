import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '#api/generated/core-v1.ts';
import type { ObjectReader } from '../types.ts';
import { badToken, type TokenAuthenticator } from './token.ts';

const FORM = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** Tokens that let a machine join: secrets `bootstrap-token-<id>` in kube-system. */
export function bootstrapTokenAuthenticator(reader: ObjectReader, apiAudiences: readonly string[]): TokenAuthenticator {
  return (token, audiences) => {
    const [, id, secretPart] = FORM.exec(token) ?? [];
    if (id === undefined || secretPart === undefined) return undefined;
    const secret = reader.get({ group: '', resource: 'secrets' }, 'kube-system', `bootstrap-token-${id}`);
    const groups = check(secret, id, secretPart);
    const meant = audiences.filter((audience) => apiAudiences.includes(audience));
    if (meant.length === 0 && audiences.length > 0) throw badToken('the bootstrap token is for the API server only');
    return { user: { name: `system:bootstrap:${id}`, groups }, audiences: meant };
  };
}

function check(secret: Secret | undefined, id: string, secretPart: string): string[] {
  if (secret === undefined || secret.type !== 'bootstrap.kubernetes.io/token' || secret.metadata.deletionTimestamp !== undefined) {
    throw badToken(`there is no bootstrap token ${id}`);
  }
  const field = (name: string): string => Buffer.from(secret.data?.[name] ?? '', 'base64').toString('utf8');
  if (field('token-id') !== id || !equal(field('token-secret'), secretPart)) throw badToken(`bootstrap token ${id} has another secret`);
  const expiration = field('expiration');
  // A time that cannot be read counts as past: never longer valid than was meant.
  if (expiration !== '' && !(Date.parse(expiration) > Date.now())) throw badToken(`bootstrap token ${id} has expired`);
  if (field('usage-bootstrap-authentication') !== 'true') throw badToken(`bootstrap token ${id} is not for authentication`);
  const extra = field('auth-extra-groups')
    .split(',')
    .filter((group) => group !== '');
  const odd = extra.find((group) => !EXTRA_GROUP.test(group));
  if (odd !== undefined) throw badToken(`bootstrap token ${id} has the invalid group ${odd}`);
  return [...new Set(['system:bootstrappers', ...extra])].sort();
}

/** Takes the same time wherever two texts differ. */
function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
