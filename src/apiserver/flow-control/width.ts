import type { RequestInfo } from '../types.ts';

/** A list of so many objects takes one seat. */
const OBJECTS_PER_SEAT = 100;

/** The seats of a request: those of a list (or a watch that begins with one) by the objects it goes through, one of any other. */
export function widthOf(info: RequestInfo, query: URLSearchParams, most: number, countOf: (info: RequestInfo) => number): number {
  const { verb, name } = info;
  if (most === 1 || name !== '' || (verb !== 'list' && verb !== 'watch')) return 1;
  if (verb === 'watch' && query.get('sendInitialEvents') !== 'true') return 1;
  const count = countOf(info);
  if (count <= OBJECTS_PER_SEAT) return 1;
  return Math.max(1, Math.min(most, Math.ceil(Math.min(count, limitOf(query)) / OBJECTS_PER_SEAT)));
}

/** With a selector, any number may have to be looked at for a page. */
function limitOf(query: URLSearchParams): number {
  if (query.size === 0 || query.has('labelSelector') || query.has('fieldSelector')) return Infinity;
  return Number(query.get('limit')) || Infinity;
}
