import { isConflict, parseQuantity, type KubeObject, type Quantity } from '#apimachinery';
import type { Pod, ResourceQuota } from '#api/generated/core-v1.ts';
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from '../../types.ts';
import type { Quantities } from '../pod-resources.ts';
import { refuse } from '../refuse.ts';
import { matchesScopes } from './scopes.ts';
import { unspecified, usageOf } from './usage.ts';

const QUOTAS = { group: '', resource: 'resourcequotas' };
const TRIES = 5;

/** Writes a quota's status, guarded by its resourceVersion: throws 409 when somebody else was quicker. */
export type UpdateQuotaStatus = (quota: ResourceQuota) => Promise<ResourceQuota>;

interface Charge {
  quota: ResourceQuota;
  requested: Quantities;
}

/**
 * Refuses what would exceed a namespace's quotas. What is let through is charged to the quotas' status at once, so that no
 * number of requests at the same time gets more than there is; the quota controller sets right what then was not written.
 */
export function resourceQuota(reader: ObjectReader, updateStatus: UpdateQuotaStatus): AdmissionPlugin {
  const queues = new Map<string, Promise<void>>();
  return {
    name: 'ResourceQuota',
    handles: ({ operation, namespace, subresource, resource }) =>
      namespace !== '' &&
      (operation === 'CREATE' || operation === 'UPDATE') &&
      (subresource === '' || (subresource === 'resize' && resource.resource === 'pods')) &&
      hasQuota(reader, namespace),
    validate: async (attributes) => await inTurn(queues, attributes.namespace, () => charge(attributes, reader, updateStatus)),
  };
}

/** One write of a namespace after the other: they would only get into each other's way. */
async function inTurn(queues: Map<string, Promise<void>>, namespace: string, action: () => Promise<void>): Promise<void> {
  const before = queues.get(namespace);
  const { promise: turn, resolve: done } = Promise.withResolvers<void>();
  queues.set(namespace, turn);
  try {
    await before;
    await action();
  } finally {
    if (queues.get(namespace) === turn) queues.delete(namespace);
    done();
  }
}

function hasQuota(reader: ObjectReader, namespace: string): boolean {
  for (const _ of reader.list(QUOTAS, namespace)) return true;
  return false;
}

async function charge(attributes: AdmissionAttributes, reader: ObjectReader, updateStatus: UpdateQuotaStatus): Promise<void> {
  const settled = new Set<string>();
  for (let tries = TRIES; ; tries--) {
    const charges = chargesFor(attributes, reader).filter(({ quota }) => !settled.has(quota.metadata.name));
    for (const each of charges) check(attributes, each);
    if (attributes.dryRun) return;
    try {
      for (const { quota, requested } of charges) {
        await updateStatus(withUsage(quota, requested));
        settled.add(quota.metadata.name);
      }
      return;
    } catch (error) {
      if (!isConflict(error) || tries <= 1) throw error;
    }
  }
}

function chargesFor(attributes: AdmissionAttributes, reader: ObjectReader): Charge[] {
  const { object, resource } = attributes;
  if (object === undefined) return [];
  const delta = deltaOf(attributes, object);
  const charges: Charge[] = [];
  for (const quota of reader.list(QUOTAS, attributes.namespace) as Iterable<ResourceQuota>) {
    if (!matchesScopes(quota, resource, object)) continue;
    const limited = Object.keys(quota.status?.hard ?? {});
    if (attributes.operation === 'CREATE' && resource.resource === 'pods' && resource.group === '') {
      const gaps = unspecified(object as Pod, limited);
      if (gaps !== '') throw refuse(attributes, `failed quota: ${quota.metadata.name}: ${gaps}`);
    }
    const requested = new Map([...delta].filter(([name]) => limited.includes(name)));
    if (requested.size > 0) charges.push({ quota, requested });
  }
  return charges;
}

/** What the write uses more than before. Less is given back by the controller, when it has really happened. */
function deltaOf({ resource, oldObject, operation }: AdmissionAttributes, object: KubeObject): Quantities {
  const usage = usageOf(resource, object);
  const before = operation === 'UPDATE' && oldObject !== undefined ? usageOf(resource, oldObject) : undefined;
  const delta: Quantities = new Map();
  for (const [name, quantity] of usage) {
    const old = before?.get(name);
    const more = old === undefined ? quantity : quantity.sub(old);
    if (more.sign() > 0) delta.set(name, more);
  }
  return delta;
}

function check(attributes: AdmissionAttributes, { quota, requested }: Charge): void {
  const { hard = {}, used = {} } = quota.status ?? {};
  const unknown = [...requested.keys()].filter((name) => used[name] === undefined);
  const title = quota.metadata.name;
  if (unknown.length > 0) throw refuse(attributes, `status unknown for quota: ${title}, resources: ${unknown.sort().join(',')}`);
  const exceeded = [...requested]
    .filter(
      ([name, more]) =>
        usedOf(used, name)
          .add(more)
          .compare(parseQuantity(hard[name] ?? '0')) > 0,
    )
    .map(([name]) => name);
  if (exceeded.length === 0) return;
  const list = (value: (name: string) => Quantity | undefined): string =>
    exceeded
      .sort()
      .map((name) => `${name}=${String(value(name))}`)
      .join(',');
  const asked = list((name) => requested.get(name));
  const present = list((name) => usedOf(used, name));
  const limit = list((name) => parseQuantity(hard[name] ?? '0'));
  throw refuse(attributes, `exceeded quota: ${title}, requested: ${asked}, used: ${present}, limited: ${limit}`);
}

function usedOf(used: Record<string, string>, name: string): Quantity {
  return parseQuantity(used[name] ?? '0');
}

function withUsage(quota: ResourceQuota, requested: Quantities): ResourceQuota {
  const used = { ...quota.status?.used };
  for (const [name, more] of requested) used[name] = usedOf(used, name).add(more).toString();
  return { ...quota, status: { ...quota.status, used } };
}
