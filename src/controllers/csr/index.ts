export { startCSRApprovingController } from './approving.ts';
export { startCSRCleanerController } from './cleaner.ts';
export { startCSRSigningController } from './signing.ts';
