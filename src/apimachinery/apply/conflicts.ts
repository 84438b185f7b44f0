import { eachPath, type FieldSet } from '../fieldset/field-set.ts';
import { formatFieldPath } from '../fieldset/path.ts';
import { applyConflict, type StatusCause, type StatusError } from '../status-error.ts';
import type { Owner } from './managed-fields.ts';

/** Fields that another manager has and an apply would change. */
export interface FieldConflict {
  readonly owner: Owner;
  readonly fields: FieldSet;
}

/** The 409 that lists all conflicts, by manager. */
export function conflictError(conflicts: readonly FieldConflict[]): StatusError {
  const named = conflicts
    .map(({ owner, fields }) => ({ name: nameOf(owner), paths: pathsOf(fields) }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const causes: StatusCause[] = named.flatMap(({ name, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${name}`, field })),
  );
  return applyConflict(causes, messageOf(named, causes.length));
}

function messageOf(named: readonly { name: string; paths: string[] }[], count: number): string {
  if (count === 1) return `Apply failed with 1 conflict: conflict with ${named[0]!.name}: ${named[0]!.paths[0]}`;
  const lines = named.flatMap(({ name, paths }) => [`conflicts with ${name}:`, ...paths.map((path) => `- ${path}`)]);
  return `Apply failed with ${count} conflicts: ${lines.join('\n')}`;
}

function nameOf({ manager, subresource, operation, apiVersion }: Owner): string {
  const name = JSON.stringify(manager) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

function pathsOf(fields: FieldSet): string[] {
  const paths: string[] = [];
  eachPath(fields, (path) => paths.push(formatFieldPath(path)));
  return paths;
}
