import type { LimitRange, LimitRangeItem } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { createdAtColumn, nameColumn } from '../printing.ts';
import { validateLimitRange } from './limit-range-validation.ts';

/** A LimitRange: what a pod, container or claim of a namespace may ask for, and what it gets when it does not ask. */
export const limitRangeKind = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  resource: 'limitranges',
  singular: 'limitrange',
  shortNames: ['limits'],
  namespaced: true,
  hasStatus: false,

  defaults(range) {
    range.spec ??= { limits: [] };
    for (const item of range.spec.limits ?? []) if (item.type === 'Container') defaultItem(item);
  },
  validate: validateLimitRange,

  columns: [nameColumn, createdAtColumn],
  row: (range): Cell[] => [range.metadata.name, range.metadata.creationTimestamp ?? null],
});

/** A maximum is also the default limit; a default limit is also the default request, and so is a minimum. */
function defaultItem(item: LimitRangeItem): void {
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}
