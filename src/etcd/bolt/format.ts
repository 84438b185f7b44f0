/**
 * The file format of bbolt, which etcd keeps its data and its snapshots in: pages of 4 KiB, a B+ tree per bucket, and a
 * root tree of the buckets. All numbers are little endian.
 */
export const PAGE = 4096;
/** id u64 · flags u16 · count u16 · overflow u32 */
export const PAGE_HEADER = 16;
/** branch: pos u32 · key size u32 · page u64; leaf: flags u32 · pos u32 · key size u32 · value size u32 */
export const ELEMENT = 16;
export const BRANCH_PAGE = 1;
export const LEAF_PAGE = 2;
export const META_PAGE = 4;
export const FREELIST_PAGE = 0x10;
/** Flag of a leaf element whose value is a bucket: root page u64 · sequence u64. */
export const BUCKET = 1;
export const MAGIC = 0xed0cdaed;
export const VERSION = 2;
/** Length of a meta before its checksum. */
export const META_SIZE = 56;

/** FNV-1a, 64 bits. */
export function fnv64a(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
