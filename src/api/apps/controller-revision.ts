import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { controllerOf, fieldRequired, parseApiVersion, root, validateImmutable, validateNonNegative, type FieldError } from '#apimachinery';
import { controllerRevisionVersions } from './conversion-controller-revision.ts';
import { defineKind } from '../kind-definition.ts';
import type { ControllerRevision } from '../generated/apps-v1.ts';

function validate(object: ControllerRevision): FieldError[] {
  const errors: FieldError[] = [];
  if (object.data === undefined || object.data === null) errors.push(fieldRequired(root.child('data'), 'data is mandatory'));
  return [...errors, ...validateNonNegative(object.revision, root.child('revision'))];
}

function controllerCell(object: ControllerRevision): string {
  const owner = controllerOf(object);
  if (owner === undefined) return '<none>';
  const { group } = parseApiVersion(owner.apiVersion);
  const kind = owner.kind.toLowerCase();
  return `${group === '' ? kind : `${kind}.${group}`}/${owner.name}`;
}

export const controllerRevisionKind = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  singular: 'controllerrevision',
  namespaced: true,
  alsoServed: controllerRevisionVersions,
  hasStatus: false,
  validate,
  validateUpdate: (object, old) => validateImmutable(object.data, old.data, root.child('data')),
  columns: [
    nameColumn,
    textColumn('Controller', 'Controller of the object'),
    textColumn('Revision', 'Revision indicates the revision of the state represented by Data.'),
    ageColumn,
  ],
  row: (object, now) => [object.metadata.name, controllerCell(object), object.revision ?? 0, ageCell(object, now)],
});
