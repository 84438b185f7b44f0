import { parseQuantity, type Quantity } from '#apimachinery';
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '#api/generated/core-v1.ts';
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from '../types.ts';
import { podResources, quantitiesOf, type Quantities } from './pod-resources.ts';
import { isWriteOf, refuse } from './refuse.ts';

const LIMIT_RANGES = { group: '', resource: 'limitranges' };

/** Fills in containers' resources from a namespace's LimitRanges and refuses what is outside of them. */
export function limitRanger(reader: ObjectReader): AdmissionPlugin {
  const ranges = (namespace: string): Iterable<LimitRange> => reader.list(LIMIT_RANGES, namespace) as Iterable<LimitRange>;
  return {
    name: 'LimitRanger',
    handles: (attributes) =>
      isWriteOf(attributes, '', 'pods') ||
      (attributes.subresource === 'resize' && attributes.resource.resource === 'pods') ||
      isWriteOf(attributes, '', 'persistentvolumeclaims', 'CREATE UPDATE'),
    admit(attributes) {
      if (attributes.resource.resource !== 'pods' || attributes.operation !== 'CREATE') return;
      for (const range of ranges(attributes.namespace)) setDefaults(attributes.object as Pod, range);
    },
    validate(attributes) {
      for (const range of ranges(attributes.namespace)) {
        const problems = check(attributes, range);
        if (problems.length > 0) throw refuse(attributes, problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`);
      }
    },
  };
}

function setDefaults(pod: Pod, range: LimitRange): void {
  const item = range.spec.limits.find(({ type }) => type === 'Container');
  if (item === undefined || pod.spec === undefined) return;
  const notes = [
    ...(pod.spec.containers ?? []).flatMap((container) => setContainerDefaults(container, item, 'container')),
    ...(pod.spec.initContainers ?? []).flatMap((container) => setContainerDefaults(container, item, 'init container')),
  ];
  if (notes.length === 0) return;
  pod.metadata.annotations = { ...pod.metadata.annotations, 'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${notes.join('; ')}` };
}

function setContainerDefaults(container: Container, item: LimitRangeItem, what: string): string[] {
  const resources = { ...container.resources };
  const added = (['limits', 'requests'] as const).map((kind) => {
    const defaults = (kind === 'limits' ? item.default : item.defaultRequest) ?? {};
    const missing = Object.keys(defaults).filter((name) => resources[kind]?.[name] === undefined);
    if (missing.length > 0)
      resources[kind] = { ...resources[kind], ...Object.fromEntries(missing.map((name) => [name, defaults[name] ?? ''])) };
    return missing.sort();
  });
  const [limits = [], requests = []] = added;
  if (limits.length + requests.length > 0) container.resources = resources;
  return [
    ...(requests.length > 0 ? [`${requests.join(', ')} request for ${what} ${container.name}`] : []),
    ...(limits.length > 0 ? [`${limits.join(', ')} limit for ${what} ${container.name}`] : []),
  ];
}

function check(attributes: AdmissionAttributes, range: LimitRange): string[] {
  if (attributes.resource.resource === 'persistentvolumeclaims') {
    const requests = quantitiesOf((attributes.object as PersistentVolumeClaim).spec?.resources?.requests);
    return itemsOf(range, 'PersistentVolumeClaim').flatMap((item) => [
      ...minimum(item, requests, new Map()),
      ...maximum(item, requests, undefined),
    ]);
  }
  const spec = (attributes.object as Pod).spec;
  if (spec === undefined) return [];
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const perContainer = itemsOf(range, 'Container').flatMap((item) =>
    containers.flatMap(({ resources }) => checkItem(item, quantitiesOf(resources?.requests), quantitiesOf(resources?.limits))),
  );
  const perPod = itemsOf(range, 'Pod').flatMap((item) =>
    checkItem(item, podResources(spec, 'requests', { overhead: false }), podResources(spec, 'limits', { overhead: false })),
  );
  return [...perContainer, ...perPod];
}

function itemsOf(range: LimitRange, type: string): LimitRangeItem[] {
  return range.spec.limits.filter((item) => item.type === type);
}

function checkItem(item: LimitRangeItem, requests: Quantities, limits: Quantities): string[] {
  return [...minimum(item, requests, limits), ...maximum(item, requests, limits), ...ratio(item, requests, limits)];
}

function minimum({ type, min }: LimitRangeItem, requests: Quantities, limits: Quantities): string[] {
  return Object.entries(min ?? {}).flatMap(([name, text]) => {
    const least = parseQuantity(text);
    const rule = `minimum ${name} usage per ${type} is ${least.toString()}`;
    const request = requests.get(name);
    const limit = limits.get(name);
    if (request === undefined) return [`${rule}.  No request is specified`];
    if (request.compare(least) < 0) return [`${rule}, but request is ${request.toString()}`];
    return limit !== undefined && limit.compare(least) < 0 ? [`${rule}, but limit is ${limit.toString()}`] : [];
  });
}

/** Claims have no limits: then it is the request that counts. */
function maximum({ type, max }: LimitRangeItem, requests: Quantities, limits: Quantities | undefined): string[] {
  return Object.entries(max ?? {}).flatMap(([name, text]) => {
    const most = parseQuantity(text);
    const rule = `maximum ${name} usage per ${type} is ${most.toString()}`;
    const request = requests.get(name);
    if (limits !== undefined) {
      const limit = limits.get(name);
      if (limit === undefined) return [`${rule}.  No limit is specified`];
      if (limit.compare(most) > 0) return [`${rule}, but limit is ${limit.toString()}`];
    } else if (request === undefined) return [`${rule}.  No request is specified`];
    return request !== undefined && request.compare(most) > 0 ? [`${rule}, but request is ${request.toString()}`] : [];
  });
}

function ratio({ type, maxLimitRequestRatio }: LimitRangeItem, requests: Quantities, limits: Quantities): string[] {
  return Object.entries(maxLimitRequestRatio ?? {}).flatMap(([name, text]) => {
    const most = parseQuantity(text);
    const rule = `${name} max limit to request ratio per ${type} is ${most.toString()}`;
    const request = requests.get(name);
    const limit = limits.get(name);
    if (request === undefined || request.isZero()) return [`${rule}, but no request is specified or request is 0`];
    if (limit === undefined || limit.isZero()) return [`${rule}, but no limit is specified or limit is 0`];
    const provided = numberOf(limit) / numberOf(request);
    return provided > numberOf(most) ? [`${rule}, but provided ratio is ${provided.toFixed(6)}`] : [];
  });
}

function numberOf(quantity: Quantity): number {
  return Number(quantity.nanoValue()) / 1e9;
}
