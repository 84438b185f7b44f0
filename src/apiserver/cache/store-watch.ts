import type { Store, StoreEvent } from '../storage/store.ts';

/**
 * Replays the store's changes in (after, target] and resolves. A change beyond `target` ends the replay, too: it is not
 * delivered. Throws what the store's watch throws (Compacted for revisions that are gone).
 */
export async function followStore(
  store: Store,
  prefix: string,
  after: number,
  target: number,
  onEvents: (events: readonly StoreEvent[]) => void,
  signal: AbortSignal,
): Promise<void> {
  if (after >= target) return;
  const stop = new AbortController();
  const done = AbortSignal.any([signal, stop.signal]);
  const handlers = {
    onEvents(events: readonly StoreEvent[], revision: number): void {
      const wanted = events.filter((event) => event.revision <= target);
      if (wanted.length > 0) onEvents(wanted);
      if (revision >= target) stop.abort();
    },
    onProgress(revision: number): void {
      if (revision >= target) stop.abort();
    },
  };
  const watching = store.watch(prefix, after, handlers, done);
  store.requestProgress();
  await watching;
}
