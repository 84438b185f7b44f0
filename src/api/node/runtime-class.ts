import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { validateRuntimeClass, validateRuntimeClassUpdate } from './runtime-class-validation.ts';
import type { RuntimeClass } from '../generated/node-v1.ts';

export const runtimeClassKind = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  singular: 'runtimeclass',
  namespaced: false,
  alsoServed: [{ version: 'v1beta1', deprecated: { since: 'v1.22', removedIn: 'v1.25', use: 'node.k8s.io/v1 RuntimeClass' } }],
  hasStatus: false,
  unconditionalUpdate: false,
  validate: validateRuntimeClass,
  validateUpdate: validateRuntimeClassUpdate,
  columns: [nameColumn, textColumn('Handler', 'The configuration of the container runtime that pods of this class get.'), ageColumn],
  row: (object, now) => [object.metadata.name, object.handler, ageCell(object, now)],
});
