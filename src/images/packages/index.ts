export { Apt, PackagesUnavailable, type CollectedPackage, type Package } from './apt.ts';
export { unpackPackage } from './unpack.ts';
