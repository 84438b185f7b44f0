import type { Binding } from '../generated/core-v1.ts';
import { defineKind } from '../kind-definition.ts';
import { validateBinding } from './binding-validation.ts';

/** A Binding: the scheduler's word on which node a pod goes to. Never stored; its name is the pod's. */
export const bindingKind = defineKind<Binding>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  resource: 'bindings',
  singular: 'binding',
  namespaced: true,
  verbs: ['create'],
  hasStatus: false,
  validate: validateBinding,
});
