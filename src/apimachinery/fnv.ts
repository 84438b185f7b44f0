/** The 32-bit FNV-1a hash of a text's UTF-8 bytes (or of bytes), as an unsigned number. */
export function fnv32a(data: string | Uint8Array): number {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
