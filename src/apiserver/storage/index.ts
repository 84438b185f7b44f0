export { embeddedStore } from './embedded.ts';
export { remoteStore } from './remote.ts';
export { Compacted, FutureRevision, GuardFailed, type ListResult, type Store, type StoredValue, type StoreEvent } from './store.ts';
