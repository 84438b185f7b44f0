import type { Change } from './record.ts';
import { SortedEntries } from './sorted-entries.ts';

/** One write of one key, as it is kept in memory: everything but the value. */
export class KeyRevision {
  readonly entry: KeyEntry;
  readonly main: number;
  readonly sub: number;
  readonly create: number;
  readonly version: number;
  readonly lease: bigint;
  readonly deleted: boolean;
  /** The write before this one, until compaction drops it. */
  older: KeyRevision | undefined;

  constructor(entry: KeyEntry, main: number, change: Omit<Change, 'key' | 'value'>, older: KeyRevision | undefined) {
    this.entry = entry;
    this.main = main;
    this.sub = change.sub;
    this.create = change.create;
    this.version = change.version;
    this.lease = change.lease;
    this.deleted = change.deleted;
    this.older = older;
  }
}

/** A key that lives, or did within the history, or is about to. */
export class KeyEntry {
  readonly key: string;
  /** The newest write that is on disk. */
  head: KeyRevision | undefined = undefined;
  /** The newest write there is, which the next one builds upon; ahead of `head` while it is on its way to disk. */
  newest: KeyRevision | undefined = undefined;

  constructor(key: string) {
    this.key = key;
  }
}

/** A write that compaction took: the change `sub` of record `main` can go. */
export interface Dropped {
  main: number;
  sub: number;
}

/**
 * All keys and where their versions are. A write is first sequenced (it becomes `newest`, and later writes compare
 * against it), then either committed (it becomes `head`, which readers see) or undone, newest first.
 */
export class KeyIndex {
  readonly #entries = new Map<string, KeyEntry>();
  readonly #sorted = new SortedEntries<KeyEntry>();
  /** Committed writes that replace another or are deletions, in order: what compaction has to look at. */
  #superseding: KeyRevision[] = [];

  entry(key: string): KeyEntry | undefined {
    return this.#entries.get(key);
  }

  each(start: string, end: string, visit: (entry: KeyEntry) => boolean | void): void {
    this.#sorted.each(start, end, visit);
  }

  sequence(key: string, main: number, change: Omit<Change, 'key' | 'value'>): KeyRevision {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = new KeyEntry(key);
      this.#entries.set(key, entry);
      this.#sorted.add(entry);
    }
    const revision = new KeyRevision(entry, main, change, entry.newest);
    entry.newest = revision;
    return revision;
  }

  undo(revision: KeyRevision): void {
    const { entry } = revision;
    entry.newest = revision.older;
    if (entry.newest === undefined) this.#forget(entry);
  }

  commit(revision: KeyRevision): void {
    revision.entry.head = revision;
    if (revision.older !== undefined || revision.deleted) this.#superseding.push(revision);
  }

  /**
   * Takes what no revision from `compactRevision` on needs, at most about `limit` writes a call, older ones first. A
   * deletion at `compactRevision` itself stays, for a watch that starts there.
   */
  compact(compactRevision: number, limit: number): Dropped[] {
    const dropped: Dropped[] = [];
    let done = 0;
    const kept: KeyRevision[] = [];
    for (; done < this.#superseding.length && dropped.length < limit; done++) {
      const revision = this.#superseding[done] as KeyRevision;
      if (revision.main > compactRevision) break;
      if (revision.older !== undefined) {
        if (!(revision.older.deleted && revision.older.main < compactRevision)) dropped.push(revision.older);
        revision.older = undefined;
      }
      if (!revision.deleted) continue;
      if (revision.main === compactRevision) kept.push(revision);
      else {
        dropped.push(revision);
        if (revision.entry.newest === revision) this.#forget(revision.entry);
      }
    }
    this.#superseding.splice(0, done, ...kept);
    return dropped;
  }

  #forget(entry: KeyEntry): void {
    this.#entries.delete(entry.key);
    this.#sorted.remove(entry.key);
  }
}

/** The write of `entry` that a reader at `revision` sees; undefined when the key was not there. */
export function at(entry: KeyEntry, revision: number): KeyRevision | undefined {
  let found = entry.head;
  while (found !== undefined && found.main > revision) found = found.older;
  return found === undefined || found.deleted ? undefined : found;
}
