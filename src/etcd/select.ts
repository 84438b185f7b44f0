import { at, type KeyEntry, type KeyIndex, type KeyRevision } from './key-index.ts';
import type { KeyRange, KeyValue, RangeRequest, RangeResult } from './types.ts';

const NOTHING = Buffer.alloc(0);

/** Which write of a key a reader sees. */
export type View = (entry: KeyEntry) => KeyRevision | undefined;

const alive = (revision: KeyRevision | undefined) => (revision === undefined || revision.deleted ? undefined : revision);

/** The newest state on disk. */
export const committed: View = (entry) => alive(entry.head);
/** The newest state of all, as the next write finds it. */
export const sequenced: View = (entry) => alive(entry.newest);
/** The state at a past revision. */
export const past =
  (revision: number): View =>
  (entry) =>
    at(entry, revision);

export function keyValue(revision: KeyRevision, value: Buffer): KeyValue {
  return {
    key: revision.entry.key,
    value,
    createRevision: revision.create,
    modRevision: revision.main,
    version: revision.version,
    lease: revision.lease,
  };
}

/** Calls `visit` for each write in the range that the view shows, in the order of keys, until it returns false. */
export function eachSeen(index: KeyIndex, range: KeyRange, view: View, visit: (seen: KeyRevision) => boolean | void): void {
  if (range.rangeEnd === undefined) {
    const entry = index.entry(range.key);
    const seen = entry && view(entry);
    if (seen !== undefined) visit(seen);
    return;
  }
  index.each(range.key, range.rangeEnd, (entry) => {
    const seen = view(entry);
    return seen === undefined ? true : visit(seen);
  });
}

/** The order of bytes. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparator(target: RangeRequest['sortTarget'], value: (r: KeyRevision) => Buffer): (a: KeyRevision, b: KeyRevision) => number {
  switch (target) {
    case 'version':
      return (a, b) => a.version - b.version;
    case 'create':
      return (a, b) => a.create - b.create;
    case 'mod':
      return (a, b) => a.main - b.main;
    case 'value':
      return (a, b) => Buffer.compare(value(a), value(b));
    default:
      return (a, b) => compareText(a.entry.key, b.entry.key);
  }
}

function passes(request: RangeRequest, { main, create }: KeyRevision): boolean {
  return (
    (!request.minModRevision || main >= request.minModRevision) &&
    (!request.maxModRevision || main <= request.maxModRevision) &&
    (!request.minCreateRevision || create >= request.minCreateRevision) &&
    (!request.maxCreateRevision || create <= request.maxCreateRevision)
  );
}

/** Sorting by anything but the ascending key, or filtering, needs all keys before the limit can cut. */
function needsAll(request: RangeRequest): boolean {
  const sorted = (request.sortTarget ?? 'key') !== 'key' || request.sortOrder === 'descend';
  return sorted || Boolean(request.minModRevision || request.maxModRevision || request.minCreateRevision || request.maxCreateRevision);
}

/** Answers a range request from what `view` shows. */
export function select(index: KeyIndex, request: RangeRequest, view: View, value: (r: KeyRevision) => Buffer): RangeResult {
  const limit = request.limit || Infinity;
  const keep = request.countOnly ? 0 : needsAll(request) ? Infinity : limit;
  let found: KeyRevision[] = [];
  let count = 0;
  eachSeen(index, request, view, (seen) => {
    if (count++ < keep) found.push(seen);
  });
  if (request.countOnly) return { kvs: [], more: false, count };
  let more = count > found.length;
  if (needsAll(request)) {
    found = found.filter((seen) => passes(request, seen)).sort(comparator(request.sortTarget, value));
    if (request.sortOrder === 'descend') found.reverse();
    more = found.length > limit;
    if (more) found.length = limit;
  }
  return { kvs: found.map((seen) => keyValue(seen, request.keysOnly ? NOTHING : value(seen))), more, count };
}
