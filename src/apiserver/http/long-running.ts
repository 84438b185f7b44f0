import type { RequestInfo } from '../types.ts';

const LONG_SUBRESOURCES = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/** Requests that go on for as long as the client wants: neither limited in time nor counted among those in flight. */
export function isLongRunning({ verb, subresource }: RequestInfo): boolean {
  return verb === 'watch' || LONG_SUBRESOURCES.has(subresource);
}
