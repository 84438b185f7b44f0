/*
 * Keys of API objects come from clients: labels may be called `constructor` or `__proto__`. What objects inherit must
 * never be taken for a field.
 */

/** The object's own value of a key; undefined when it has none. */
export function ownField(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets a key as the object's own, whatever it is called. */
export function setField(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  else object[key] = value;
}
