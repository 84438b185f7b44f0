import { badRequest, gone, internalError, parseFieldSelector, parseLabelSelector, timeout, type KubeObject } from '#apimachinery';
import { accepts, type Entry, type Filter } from '../cache/index.ts';
import { Compacted, FutureRevision } from '../storage/store.ts';
import type { Resource } from './resource.ts';
import type { ServedResource } from './served-resource.ts';

export interface ListParameters {
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  resourceVersionMatch?: string;
  limit?: number;
  continue?: string;
}

export interface ListAnswer {
  entries: Entry[];
  revision: number;
  continue?: string;
  remaining?: number;
}

/** What of a resource the selectors of a list or watch let through. Throws 400 for selectors that cannot be read. */
export function filterOf(served: ServedResource, namespace: string, name: string, parameters: ListParameters): Filter {
  const { definition, fields } = served.resource;
  const filter: Filter = {};
  if (definition.namespaced && namespace !== '') filter.namespace = namespace;
  if (name !== '') filter.name = name;
  const tests: ((object: KubeObject) => boolean)[] = [];
  if (parameters.labelSelector !== undefined && parameters.labelSelector !== '') {
    const selector = parseLabelSelector(parameters.labelSelector);
    tests.push((object) => selector.matches(object.metadata.labels));
  }
  if (parameters.fieldSelector !== undefined && parameters.fieldSelector !== '') {
    for (const { field, operator, value } of parseFieldSelector(parameters.fieldSelector)) {
      const read = fields[field];
      if (read === undefined) throw badRequest(`Unable to find ${served.apiVersion} ${definition.resource} that match label selector "${parameters.labelSelector ?? ''}", field selector "${parameters.fieldSelector}": field label not supported: ${field}`);
      const equal = operator !== '!=';
      if (equal && field === 'metadata.name' && filter.name === undefined) filter.name = value;
      else if (equal && filter.exact === undefined && definition.selectableFields?.[field] !== undefined) filter.exact = { field, value };
      tests.push((object) => (read(object) === value) === equal);
    }
  }
  if (tests.length > 0) filter.matches = (object) => tests.every((test) => test(object));
  return filter;
}

/** Lists by filter as the parameters want it: newest, at least as new as, exactly as of, or the next page. Throws 400, 410, 504. */
export async function listObjects(resource: Resource, filter: Filter, parameters: ListParameters): Promise<ListAnswer> {
  const { limit = 0 } = parameters;
  if (parameters.continue !== undefined && parameters.continue !== '')
    return await listPage(resource, filter, limit, decodeContinue(parameters.continue));
  const wanted = revisionOf(parameters.resourceVersion);
  if (parameters.resourceVersionMatch === 'Exact')
    return await listPage(resource, filter, limit, { revision: wanted ?? 0, after: '' });
  if (wanted === undefined) await resource.cache.fresh();
  else await resource.cache.reached(wanted);
  const newest = resource.store.local ? await resource.store.revision() : 0;
  // Nothing runs between the next two lines: the objects are those of this revision.
  const revision = Math.max(newest, resource.cache.revision);
  return page(resource, matching(resource, filter), revision, limit);
}

function matching(resource: Resource, filter: Filter): Entry[] {
  if (filter.namespace !== undefined && filter.name !== undefined) {
    const entry = resource.cache.get(filter.namespace, filter.name);
    return entry !== undefined && accepts(filter, entry) ? [entry] : [];
  }
  const all = resource.cache.list(filter.namespace);
  if (filter.matches === undefined && filter.name === undefined) return [...all];
  const entries: Entry[] = [];
  for (const entry of all) if (accepts(filter, entry)) entries.push(entry);
  return entries;
}

function page(resource: Resource, entries: Entry[], revision: number, limit: number): ListAnswer {
  if (limit <= 0 || entries.length <= limit) return { entries, revision };
  const shown = entries.slice(0, limit);
  const last = shown[limit - 1] as Entry;
  return {
    entries: shown,
    revision,
    continue: encodeContinue(revision, resource.key(last.namespace, last.name)),
    remaining: entries.length - limit,
  };
}

/** A page out of the store's past: the snapshot that the first page began. */
async function listPage(resource: Resource, filter: Filter, limit: number, from: { revision: number; after: string }): Promise<ListAnswer> {
  const prefix = filter.namespace === undefined ? resource.prefix : `${resource.prefix}${filter.namespace}/`;
  const plain = filter.matches === undefined && filter.name === undefined;
  const entries: Entry[] = [];
  let { after } = from;
  try {
    for (;;) {
      const part = await resource.store.list(prefix, {
        revision: from.revision,
        after: after === '' ? undefined : after,
        limit: limit > 0 ? Math.max(limit - entries.length, plain ? 1 : 500) : undefined,
      });
      for (const [index, item] of part.items.entries()) {
        const entry = resource.cache.entry(item.value, item.modRevision);
        after = item.key;
        if (!accepts(filter, entry)) continue;
        entries.push(entry);
        if (limit === 0 || entries.length < limit) continue;
        const left = part.items.length - index - 1 + part.remaining;
        if (left === 0) return { entries, revision: from.revision };
        return {
          entries,
          revision: from.revision,
          continue: encodeContinue(from.revision, after),
          remaining: plain ? left : undefined,
        };
      }
      if (!part.more) return { entries, revision: from.revision };
    }
  } catch (error) {
    if (error instanceof Compacted)
      throw gone(
        from.after === ''
          ? `The resourceVersion for the provided list is too old.`
          : 'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      );
    if (error instanceof FutureRevision)
      throw timeout(`Too large resource version: ${from.revision}, current: ${error.current}`, 1);
    throw error;
  }
}

/** The number in a `resourceVersion` parameter; undefined: none. Throws 400. */
export function revisionOf(resourceVersion: string | undefined): number | undefined {
  if (resourceVersion === undefined || resourceVersion === '') return undefined;
  if (!/^\d+$/.test(resourceVersion)) throw badRequest(`Invalid value: "${resourceVersion}": strconv.ParseUint: parsing "${resourceVersion}": invalid syntax`);
  return Number(resourceVersion);
}

function encodeContinue(revision: number, after: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString('base64url');
}

function decodeContinue(token: string): { revision: number; after: string } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof parsed === 'object' && parsed !== null && 'rv' in parsed && 'start' in parsed) {
      const { rv, start } = parsed;
      if (typeof rv === 'number' && typeof start === 'string') return { revision: rv, after: start };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw internalError('reading a continue token', error);
  }
  throw badRequest('continue key is not valid: invalid token');
}
