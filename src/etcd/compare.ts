import type { Compare, KeyValue } from './types.ts';

const ABSENT = { createRevision: 0, modRevision: 0, version: 0, lease: 0n };

function ordering(compare: Compare, kv: KeyValue | typeof ABSENT): number {
  switch (compare.target) {
    case 'version':
      return kv.version - compare.value;
    case 'create':
      return kv.createRevision - compare.value;
    case 'mod':
      return kv.modRevision - compare.value;
    case 'lease':
      return kv.lease < compare.value ? -1 : kv.lease > compare.value ? 1 : 0;
    case 'value':
      return 'value' in kv ? Buffer.compare(kv.value, compare.value) : NaN;
  }
}

/** A key that is absent compares as zeros, but has no value that anything could hold for. */
function holds(compare: Compare, kv: KeyValue | typeof ABSENT): boolean {
  const order = ordering(compare, kv);
  if (Number.isNaN(order)) return false;
  switch (compare.result) {
    case 'equal':
      return order === 0;
    case 'not-equal':
      return order !== 0;
    case 'greater':
      return order > 0;
    case 'less':
      return order < 0;
  }
}

/** Whether the comparison holds for all keys found in its range. */
export function compareHolds(compare: Compare, found: readonly KeyValue[]): boolean {
  return found.length === 0 ? holds(compare, ABSENT) : found.every((kv) => holds(compare, kv));
}
