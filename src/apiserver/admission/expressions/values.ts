const TIMESTAMPS = new Set(['creationTimestamp', 'deletionTimestamp']);

/** JSON data as expressions handle it: whole numbers are integers, the times of `metadata` are times. */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toCel);
  const object: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    // What is undefined would not be in the JSON either.
    if (field !== undefined) object[key] = TIMESTAMPS.has(key) && typeof field === 'string' ? new Date(field) : toCel(field);
  }
  return object;
}

/** The other way round. Throws an Error for what is no JSON. */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(entries.map(([key, field]) => [String(key), fromCel(field)]));
}
