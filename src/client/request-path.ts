import { apiVersionOf } from '#apimachinery';
import type { ListOptions, ObjectKey, ResourceType, WatchOptions, WriteOptions } from './types.ts';

type Parameters = Record<string, string | number | boolean | undefined>;

/** The path of a resource's collection, or of one object of it when `key` has a name. */
export function resourcePath(type: ResourceType, key: Partial<ObjectKey>, subresource?: string): string {
  let path = type.group === '' ? `/api/${type.version}` : `/apis/${apiVersionOf(type)}`;
  if (type.namespaced && key.namespace) path += `/namespaces/${encodeURIComponent(key.namespace)}`;
  path += `/${type.resource}`;
  if (key.name) path += `/${encodeURIComponent(key.name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

/** `?a=b&c=d` of what is neither absent nor empty, else `''`. */
export function queryString(parameters: Parameters): string {
  let text = '';
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === '') continue;
    text += `${text === '' ? '?' : '&'}${name}=${encodeURIComponent(value)}`;
  }
  return text;
}

export function listQuery(options: ListOptions = {}): string {
  return queryString({
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    resourceVersion: options.resourceVersion,
    resourceVersionMatch: options.resourceVersionMatch,
    limit: options.limit,
    continue: options.continue,
  });
}

export function watchQuery(options: WatchOptions): string {
  return queryString({
    watch: true,
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    resourceVersion: options.resourceVersion,
    allowWatchBookmarks: options.allowWatchBookmarks || undefined,
    sendInitialEvents: options.sendInitialEvents,
    resourceVersionMatch: options.sendInitialEvents === undefined ? undefined : 'NotOlderThan',
    timeoutSeconds: options.timeoutSeconds,
  });
}

export function writeQuery(options: WriteOptions & { force?: boolean } = {}): string {
  return queryString({
    dryRun: options.dryRun ? 'All' : undefined,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
    force: options.force || undefined,
  });
}
