export { Entry, StoredForm } from './entry.ts';
export { EventBatch, type CacheEvent, type Delivery } from './event-batch.ts';
export { accepts, type Filter } from './filter.ts';
export { tooLarge, WatchCache, type WatchCacheOptions } from './watch-cache.ts';
export type { Watcher } from './watchers.ts';
