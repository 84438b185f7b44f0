export { ctr } from './ctr.ts';
export { ensureImage, type EnsureImageOptions } from './ensure-image.ts';
export { importImage } from './import-image.ts';
export { isAvailableOffline, markAvailableOffline } from './offline-mark.ts';
export { RuntimeImages, type RuntimeImage } from './runtime-images.ts';
