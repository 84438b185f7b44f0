import { canonicalQuantity } from '#apimachinery';

/** Thrown by decoders for a value of a wrong type; what is wrong is found out in a second, slower pass. */
export const MISMATCH = Symbol('mismatch');

const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const MICROS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.(\d+))?(?:[Zz]|[+-]\d\d:\d\d)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;

/** At most three digits, which neither can be shortened nor scaled: `1`, `100m`, `64Mi`. Most quantities are of this form. */
const PLAIN_QUANTITY = /^[1-9]\d{0,2}(?:[KMGTPE]i|[mkMGTPE])?$/;

export function int32(value: unknown): number {
  if (typeof value === 'number' && (value | 0) === value) return value;
  throw MISMATCH;
}

/** Whole numbers up to 2^63; those beyond 2^53 have lost their last digits in JSON.parse. */
export function int64(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 2 ** 63) return value;
  throw MISMATCH;
}

export function float64(value: unknown): number {
  if (typeof value === 'number') return value;
  throw MISMATCH;
}

export function string(value: unknown): string {
  if (typeof value === 'string') return value;
  throw MISMATCH;
}

export function bool(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw MISMATCH;
}

/** Base64 in its standard form; line breaks in it are dropped. */
export function bytes(value: unknown): string {
  if (typeof value !== 'string') throw MISMATCH;
  if (BASE64.test(value)) return value;
  const bare = value.replace(/[\r\n]/g, '');
  if (bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) throw MISMATCH;
  return Buffer.from(bare, 'base64').toString('base64');
}

/** Whole seconds in UTC. */
export function time(value: unknown): string {
  if (typeof value !== 'string') throw MISMATCH;
  if (SECONDS.test(value) && isDate(value)) return value;
  return `${instant(value).slice(0, 19)}Z`;
}

/** Microseconds in UTC. */
export function microTime(value: unknown): string {
  if (typeof value !== 'string') throw MISMATCH;
  if (MICROS.test(value) && isDate(value)) return value;
  const fraction = RFC3339.exec(value)?.[1] ?? '';
  return `${instant(value).slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

const isDate = (text: string): boolean => !Number.isNaN(Date.parse(text));

function instant(text: string): string {
  if (!RFC3339.test(text) || !isDate(text)) throw MISMATCH;
  return new Date(text).toISOString();
}

export function quantity(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') throw MISMATCH;
  if (typeof value === 'string' && PLAIN_QUANTITY.test(value)) return value;
  try {
    return canonicalQuantity(value);
  } catch {
    throw MISMATCH;
  }
}

export function intOrString(value: unknown): number | string {
  return typeof value === 'string' ? value : int32(value);
}

/** Any JSON object. */
export function object(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw MISMATCH;
  return value as Record<string, unknown>;
}

/** An object with sorted keys, or undefined for none; `decode` runs on each value. */
export function map<T>(value: unknown, decode: (value: unknown) => T): Record<string, T> | undefined {
  const source = object(value);
  const result: Record<string, T> = {};
  let last: string | undefined;
  let sorted = true;
  for (const key in source) {
    if (last !== undefined && key < last) sorted = false;
    last = key;
    put(result, key, decode(source[key]));
  }
  if (last === undefined) return undefined;
  return sorted ? result : sortKeys(result);
}

/** A list; `decode` runs on each item. */
export function list<T>(value: unknown, decode: (item: unknown) => T): T[] {
  if (!Array.isArray(value)) throw MISMATCH;
  return value.map((item: unknown) => decode(item));
}

function put<T>(target: Record<string, T>, key: string, value: T): void {
  if (key !== '__proto__') target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function sortKeys<T>(unsorted: Record<string, T>): Record<string, T> {
  const result: Record<string, T> = {};
  for (const key of Object.keys(unsorted).sort()) put(result, key, unsorted[key] as T);
  return result;
}
