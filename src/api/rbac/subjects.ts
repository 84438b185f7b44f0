import {
  fieldNotSupported,
  fieldRequired,
  isDns1123Subdomain,
  isPathSegmentName,
  validateByRule,
  validateReferenceName,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { structOf } from '../struct-of.ts';
import { textColumn } from '../printing.ts';
import type { Column } from '../kind-definition.ts';
import type { RoleRef, Subject } from '../generated/rbac-v1.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

interface Binding {
  subjects?: Subject[];
  roleRef: RoleRef;
}

/** Fills in the API groups that the kinds of a binding's subjects and of its role imply. */
export function defaultBinding(binding: Binding): void {
  const roleRef = structOf(binding, 'roleRef');
  roleRef.apiGroup ||= RBAC_GROUP;
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= RBAC_GROUP;
  }
}

/** `kinds`: what a binding of this kind may refer to. */
export function validateRoleRef(roleRef: RoleRef, kinds: readonly string[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (roleRef.apiGroup !== RBAC_GROUP) errors.push(fieldNotSupported(path.child('apiGroup'), roleRef.apiGroup, [RBAC_GROUP]));
  if (!kinds.includes(roleRef.kind)) errors.push(fieldNotSupported(path.child('kind'), roleRef.kind ?? '', kinds));
  errors.push(...validateReferenceName(roleRef.name, isPathSegmentName, path.child('name')));
  return errors;
}

/** What is wrong with one subject; in a RoleBinding (`namespaced`) a service account's namespace may be left out. */
export function validateSubject(subject: Subject, namespaced: boolean, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (!subject.name) errors.push(fieldRequired(path.child('name')));
  const group = subject.apiGroup ?? '';
  switch (subject.kind) {
    case 'ServiceAccount':
      if (subject.name) errors.push(...validateByRule(subject.name, isDns1123Subdomain, path.child('name')));
      if (group !== '') errors.push(fieldNotSupported(path.child('apiGroup'), group, ['']));
      if (!namespaced && !subject.namespace) errors.push(fieldRequired(path.child('namespace')));
      return errors;
    case 'User':
    case 'Group':
      if (group !== RBAC_GROUP) errors.push(fieldNotSupported(path.child('apiGroup'), group, [RBAC_GROUP]));
      return errors;
    default:
      return [...errors, fieldNotSupported(path.child('kind'), subject.kind ?? '', ['ServiceAccount', 'User', 'Group'])];
  }
}

/** USERS, GROUPS and SERVICEACCOUNTS, shown with `-o wide`. */
export const subjectColumns: readonly Column[] = [
  textColumn('Users', 'Users in the binding', true),
  textColumn('Groups', 'Groups in the binding', true),
  textColumn('ServiceAccounts', 'ServiceAccounts in the binding', true),
];

/** The cells of `subjectColumns`. */
export function subjectCells(subjects: readonly Subject[] = []): [users: string, groups: string, accounts: string] {
  const names = (kind: string) => subjects.filter((subject) => subject.kind === kind);
  return [
    names('User')
      .map(({ name }) => name)
      .join(', '),
    names('Group')
      .map(({ name }) => name)
      .join(', '),
    names('ServiceAccount')
      .map(({ namespace, name }) => `${namespace ?? ''}/${name}`)
      .join(', '),
  ];
}
