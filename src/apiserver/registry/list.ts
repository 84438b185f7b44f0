import { badRequest, gone, internalError, parseFieldSelector, parseLabelSelector, StatusError, type KubeObject } from '#apimachinery';
import { accepts, tooLarge, type Entry, type Filter } from '../cache/index.ts';
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
  const { definition } = served;
  const filter: Filter = {};
  if (definition.namespaced && namespace !== '') filter.namespace = namespace;
  if (name !== '') nameTo(filter, name, definition.namespaced);
  const tests: ((object: KubeObject) => boolean)[] = [];
  if (parameters.labelSelector !== undefined && parameters.labelSelector !== '') {
    const selector = parseLabelSelector(parameters.labelSelector);
    tests.push((object) => selector.matches(object.metadata.labels));
  }
  if (parameters.fieldSelector !== undefined && parameters.fieldSelector !== '') {
    const fields =
      definition === served.resource.definition ? served.resource.fields : { ...served.resource.fields, ...definition.selectableFields };
    for (const { field, operator, value } of parseFieldSelector(parameters.fieldSelector)) {
      const read = Object.hasOwn(fields, field) ? fields[field] : undefined;
      if (read === undefined) throw badRequest(`field label not supported: ${field}`);
      const equal = operator !== '!=';
      if (equal && field === 'metadata.name' && (filter.name === undefined || filter.name === value)) {
        nameTo(filter, value, definition.namespaced);
        continue;
      }
      if (equal && filter.exact === undefined && served.resource.definition.selectableFields?.[field] !== undefined)
        filter.exact = { field, value };
      tests.push((object) => (read(object) === value) === equal);
    }
  }
  if (tests.length > 0) filter.matches = (object) => tests.every((test) => test(object));
  return filter;
}

/** Objects of no namespace are all in the one that has no name. */
function nameTo(filter: Filter, name: string, namespaced: boolean): void {
  filter.name = name;
  if (!namespaced) filter.namespace = '';
}

/** Lists by filter as the parameters want it: newest, at least as new as, exactly as of, or the next page. Throws 400, 410, 504. */
export async function listObjects(resource: Resource, filter: Filter, parameters: ListParameters): Promise<ListAnswer> {
  const { limit = 0 } = parameters;
  if (parameters.continue !== undefined && parameters.continue !== '')
    return await listPage(resource, filter, limit, decodeContinue(parameters.continue, resource.prefix));
  const wanted = revisionOf(parameters.resourceVersion);
  // A page at a revision is a page of that very revision, unless the client says otherwise.
  const isExact = limit > 0 && wanted !== undefined && wanted > 0 && !parameters.resourceVersionMatch;
  if (isExact || parameters.resourceVersionMatch === 'Exact')
    return await listPage(resource, filter, limit, { revision: wanted ?? 0, after: '' });
  if (wanted === undefined) await resource.cache.fresh();
  else await resource.cache.reached(wanted);
  const newest = resource.store.local ? await resource.store.revision() : 0;
  // Nothing runs between the next two lines: the objects are those of this revision.
  const revision = Math.max(newest, resource.cache.revision);
  return page(resource, matching(resource, filter), revision, limit, filter);
}

function matching(resource: Resource, filter: Filter): Entry[] {
  if (filter.namespace !== undefined && filter.name !== undefined) {
    const entry = resource.cache.get(filter.namespace, filter.name);
    return entry !== undefined && accepts(filter, entry) ? [entry] : [];
  }
  if (isPlain(filter)) return resource.cache.all(filter.namespace);
  const entries: Entry[] = [];
  for (const entry of resource.cache.list(filter.namespace)) if (accepts(filter, entry)) entries.push(entry);
  return entries;
}

/** Nothing but a place: then what is left can be counted. */
function isPlain({ matches, name }: Filter): boolean {
  return matches === undefined && name === undefined;
}

function page(resource: Resource, entries: Entry[], revision: number, limit: number, filter: Filter): ListAnswer {
  if (limit <= 0 || entries.length <= limit) return { entries, revision };
  const shown = entries.slice(0, limit);
  const last = shown[limit - 1] as Entry;
  return {
    entries: shown,
    revision,
    continue: encodeContinue({ revision, after: resource.key(last.namespace, last.name) }),
    remaining: isPlain(filter) ? entries.length - limit : undefined,
  };
}

/** A place in a list that is handed out in pages; revision -1: whatever is there when the next page is asked for. */
interface Place {
  revision: number;
  after: string;
}

/** A page out of the store's past: the snapshot that the first page began. */
async function listPage(resource: Resource, filter: Filter, limit: number, from: Place): Promise<ListAnswer> {
  const { store } = resource;
  const revision = from.revision < 0 ? await store.revision() : from.revision;
  const prefix = filter.namespace === undefined || filter.namespace === '' ? resource.prefix : `${resource.prefix}${filter.namespace}/`;
  const plain = isPlain(filter);
  const entries: Entry[] = [];
  let { after } = from;
  try {
    for (;;) {
      const part = await store.list(prefix, {
        revision,
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
        if (left === 0) return { entries, revision };
        return { entries, revision, continue: encodeContinue({ revision, after }), remaining: plain ? left : undefined };
      }
      if (!part.more) return { entries, revision };
    }
  } catch (error) {
    if (error instanceof Compacted) throw from.after === '' ? gone(EXPIRED_LIST) : expiredContinue(from.after);
    if (error instanceof FutureRevision) throw tooLarge(revision, error.current);
    throw error;
  }
}

const EXPIRED_LIST = 'The resourceVersion for the provided list is too old.';

/** The snapshot has gone; the answer says how to go on without one. */
function expiredContinue(after: string): StatusError {
  const { status } = gone(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
  return new StatusError({ ...status, metadata: { continue: encodeContinue({ revision: -1, after }) } });
}

/** The number in a `resourceVersion` parameter; undefined: none. Throws 400. */
export function revisionOf(resourceVersion: string | undefined): number | undefined {
  if (resourceVersion === undefined || resourceVersion === '') return undefined;
  if (!/^\d+$/.test(resourceVersion))
    throw badRequest(`Invalid value: "${resourceVersion}": strconv.ParseUint: parsing "${resourceVersion}": invalid syntax`);
  return Number(resourceVersion);
}

function encodeContinue({ revision, after }: Place): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString('base64url');
}

function decodeContinue(token: string, prefix: string): Place {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof parsed === 'object' && parsed !== null && 'rv' in parsed && 'start' in parsed) {
      const { rv, start } = parsed;
      // The key must lie among this resource's own: a token is what a client says, no more.
      if (Number.isSafeInteger(rv) && typeof start === 'string' && start.startsWith(prefix))
        return { revision: rv as number, after: start };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw internalError('reading a continue token', error);
  }
  throw badRequest('continue key is not valid: invalid token');
}
