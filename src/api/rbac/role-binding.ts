import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { checkUnchanged } from '../checks.ts';
import { defaultBinding, subjectCells, subjectColumns, validateRoleRef, validateSubject } from './subjects.ts';
import { defineKind } from '../kind-definition.ts';
import { rbacV1beta1 } from './versions.ts';
import { root, isPathSegmentName } from '#apimachinery';
import type { RoleBinding } from '../generated/rbac-v1.ts';

const roleRefPath = root.child('roleRef');

export const roleBindingKind = defineKind<RoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  resource: 'rolebindings',
  singular: 'rolebinding',
  namespaced: true,
  alsoServed: [rbacV1beta1('RoleBinding')],
  hasStatus: false,
  createOnUpdate: true,
  nameRule: isPathSegmentName,
  defaults: defaultBinding,
  validate: ({ roleRef, subjects }) => [
    ...validateRoleRef(roleRef, ['Role', 'ClusterRole'], roleRefPath),
    ...(subjects ?? []).flatMap((subject, i) => validateSubject(subject, true, root.child('subjects').index(i))),
  ],
  validateUpdate: ({ roleRef }, old) => checkUnchanged(roleRefPath, roleRef, old.roleRef, 'cannot change roleRef'),
  columns: [nameColumn, textColumn('Role', 'The role that is granted.'), ageColumn, ...subjectColumns],
  row: (object, now) => [
    object.metadata.name,
    `${object.roleRef.kind}/${object.roleRef.name}`,
    ageCell(object, now),
    ...subjectCells(object.subjects),
  ],
});
