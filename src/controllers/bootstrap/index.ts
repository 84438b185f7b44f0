export { startTokenCleanerController } from './cleaner.ts';
export { startBootstrapSignerController } from './signer.ts';
