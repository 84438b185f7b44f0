import type { IntOrString } from './object.ts';

/** The number of a number or of a string of digits; 0 for any other string. */
export function intValue(value: IntOrString): number {
  if (typeof value === 'number') return value;
  return /^[+-]?\d+$/.test(value) ? Number(value) : 0;
}

/** The number of `25%`: 25; undefined for what is no percentage. */
export function percentOf(value: IntOrString): number | undefined {
  return typeof value === 'string' && /^[+-]?\d+%$/.test(value) ? Number(value.slice(0, -1)) : undefined;
}

/** A number as it is, a percentage of `total`, rounded. Throws an Error for any other string. */
export function scaledValue(value: IntOrString, total: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const percent = percentOf(value);
  if (percent === undefined) throw new Error('invalid value for IntOrString: invalid type: string is not a percentage');
  return rounding === 'up' ? Math.ceil((percent * total) / 100) : Math.floor((percent * total) / 100);
}
