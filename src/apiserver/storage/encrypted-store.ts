import type { ValueTransformer } from './encryption.ts';
import { GuardFailed, type Store, type StoredValue, type StoreEvent } from './store.ts';

/** A store whose values are encrypted where `transformerOf` gives a transformer for the key. All else is as it was. */
export function encryptedStore(store: Store, transformerOf: (key: string) => ValueTransformer | undefined): Store {
  const seal = (key: string, value: Buffer) => transformerOf(key)?.toStorage(value, key) ?? value;
  const open = (key: string, value: Buffer) => transformerOf(key)?.fromStorage(value, key) ?? value;
  const opened = (item: StoredValue): StoredValue =>
    transformerOf(item.key) === undefined ? item : { ...item, value: open(item.key, item.value) };
  const guarded = async <T>(write: Promise<T>): Promise<T> => {
    try {
      return await write;
    } catch (error) {
      if (error instanceof GuardFailed && error.current) throw new GuardFailed(error.current.key, opened(error.current));
      throw error;
    }
  };
  const event = (change: StoreEvent): StoreEvent => {
    if (transformerOf(change.key) === undefined) return change;
    const { type, key, value, previous, revision, created } = change;
    return { type, key, value: open(key, value), previous: previous && open(key, previous), revision, created };
  };
  return {
    local: store.local,
    get: async (key) => {
      const found = await store.get(key);
      return found && opened(found);
    },
    list: async (prefix, options) => {
      const result = await store.list(prefix, options);
      return { ...result, items: result.items.map(opened) };
    },
    count: (prefix) => store.count(prefix),
    create: (key, value, options) => guarded(store.create(key, seal(key, value), options)),
    update: (key, value, expected, options) => guarded(store.update(key, seal(key, value), expected, options)),
    delete: (key, expected) => guarded(store.delete(key, expected)),
    revision: () => store.revision(),
    isStale: async (key) => {
      const transformer = transformerOf(key);
      const found = transformer && (await store.get(key));
      return found !== undefined && transformer?.isStale(found.value) === true;
    },
    watch: (prefix, after, handlers, signal) => {
      const onEvents = (events: readonly StoreEvent[], revision: number) => handlers.onEvents(events.map(event), revision);
      return store.watch(prefix, after, { ...handlers, onEvents }, signal);
    },
    requestProgress: () => store.requestProgress(),
    compact: (revision) => store.compact(revision),
    size: () => store.size(),
    close: () => store.close(),
  };
}
