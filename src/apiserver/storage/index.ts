export { embeddedStore } from './embedded.ts';
export { encryptedStore } from './encrypted-store.ts';
export { parseEncryptionConfiguration, type Encryption, type ValueTransformer } from './encryption.ts';
export { remoteStore } from './remote.ts';
export type { Store } from './store.ts';
export { transformerOfKey } from './transformer-of-key.ts';
