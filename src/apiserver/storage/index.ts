export { embeddedStore } from './embedded.ts';
export { remoteStore } from './remote.ts';
export type { Store } from './store.ts';
