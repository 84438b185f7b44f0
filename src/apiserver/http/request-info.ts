import type { RequestInfo } from '../types.ts';

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
};

/** Namespaces' own subresources: `/namespaces/x/status` is not a resource `status` in namespace x. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** Reads what a request is about from its method and path. `path` is decoded piece by piece; `watch` is the query's. */
export function requestInfoOf(method: string, path: string, watch: boolean): RequestInfo {
  const parts = partsOf(path);
  const prefix = parts[0];
  const isCore = prefix === 'api' && parts.length >= 3;
  if (!isCore && !(prefix === 'apis' && parts.length >= 4)) return nonResource(method, path);
  const group = isCore ? '' : (parts[1] as string);
  const version = parts[isCore ? 1 : 2] as string;
  const rest = parts.slice(isCore ? 2 : 3);
  if (path.includes('%')) for (const [index, part] of rest.entries()) rest[index] = decode(part);
  const legacyWatch = rest[0] === 'watch' && rest.length > 1;
  if (legacyWatch) rest.shift();
  const place = placeOf(rest);
  const verb = legacyWatch && method === 'GET' ? 'watch' : verbOf(method, place.name, watch);
  return { path, verb, isResource: true, group, version, ...place };
}

/** What stands between the slashes; nothing stands before the first, and rarely between two others. */
function partsOf(path: string): string[] {
  const parts = path.split('/');
  if (!path.startsWith('/') || path.endsWith('/') || path.includes('//')) return parts.filter((part) => part !== '');
  parts.shift();
  return parts;
}

function placeOf(rest: readonly string[]): Pick<RequestInfo, 'namespace' | 'resource' | 'name' | 'subresource'> {
  const [first = '', second = '', third = ''] = rest;
  if (first === 'namespaces' && rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(third))
    return { namespace: second, resource: third, name: rest[3] ?? '', subresource: subresourceOf(rest, 4) };
  // A namespace is in itself, as far as permissions go.
  const namespace = first === 'namespaces' ? second : '';
  return { namespace, resource: first, name: second, subresource: subresourceOf(rest, 2) };
}

/** A proxied path goes on behind it; nothing else does, so that what does not end here names nothing that exists. */
function subresourceOf(rest: readonly string[], at: number): string {
  const name = rest[at] ?? '';
  return name === 'proxy' || rest.length <= at + 1 ? name : rest.slice(at).join('/');
}

function verbOf(method: string, name: string, watch: boolean): string {
  if (method === 'GET' || method === 'HEAD') {
    if (name !== '') return 'get';
    return watch ? 'watch' : 'list';
  }
  if (method === 'DELETE') return name === '' ? 'deletecollection' : 'delete';
  return VERBS[method] ?? '';
}

function nonResource(method: string, path: string): RequestInfo {
  return {
    path,
    verb: method.toLowerCase(),
    isResource: false,
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
