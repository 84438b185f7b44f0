export { readTar } from './read-tar.ts';
export type { TarEntry } from './tar-entry.ts';
export { FILE_TIME, writeTar } from './write-tar.ts';
