export { PodVolumes, removePodDirectories, VolumeError } from './pod-volumes.ts';
export { ServiceAccountTokens, type TokenSource } from './service-account-tokens.ts';
export { prepareSecretDirectory, releaseSecretDirectory } from './secret-directory.ts';
export { bindSubPath } from './sub-path.ts';
export type { MountedVolume, VolumeContext } from './volume-context.ts';
