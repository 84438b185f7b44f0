import { nameColumn } from './printing.ts';
import type { Cell, Column } from './kind-definition.ts';
import type { KubeObject } from '#apimachinery';

/** NAME and CREATED AT: the table of kinds that have none of their own. */
export const createdAtColumns: readonly Column[] = [
  nameColumn,
  { name: 'Created At', type: 'date', description: 'When the object was created.' },
];

/** The cells of `createdAtColumns`. */
export function createdAtRow({ metadata }: KubeObject): Cell[] {
  return [metadata.name, metadata.creationTimestamp ?? null];
}
