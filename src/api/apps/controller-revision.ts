import { ageCell, ageColumn, integerColumn, nameColumn, textColumn } from '../printing.ts';
import { controllerOf, fieldInvalid, fieldRequired, parseApiVersion, root, type FieldError } from '#apimachinery';
import { controllerRevisionVersions } from './conversion-controller-revision.ts';
import { defineKind } from '../kind-definition.ts';
import { isDeepStrictEqual } from 'node:util';
import type { ControllerRevision } from '../generated/apps-v1.ts';

const NON_NEGATIVE = 'must be greater than or equal to 0';

function validate(object: ControllerRevision): FieldError[] {
  const errors: FieldError[] = [];
  if (object.data === undefined || object.data === null) errors.push(fieldRequired(root.child('data'), 'data is mandatory'));
  if ((object.revision ?? 0) < 0) errors.push(fieldInvalid(root.child('revision'), object.revision, NON_NEGATIVE));
  return errors;
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
  validateUpdate: (object, old) =>
    isDeepStrictEqual(object.data, old.data) ? [] : [fieldInvalid(root.child('data'), object.data, 'field is immutable')],
  columns: [
    nameColumn,
    textColumn('Controller', 'Controller of the object'),
    integerColumn('Revision', 'Revision indicates the revision of the state represented by Data.'),
    ageColumn,
  ],
  row: (object, now) => [object.metadata.name, controllerCell(object), object.revision ?? 0, ageCell(object, now)],
});
