import type { CustomResourceDefinition } from '#api/generated/apiextensions-v1.ts';
import { invalid, jsonEqual, type KubeObject } from '#apimachinery';
import type { ResourceHooks } from '../registry/index.ts';
import { validateApproval } from './approval.ts';
import { CLEANUP_FINALIZER } from './cleanup.ts';
import { TERMINATING, withCondition } from './conditions.ts';
import { validateSchemaContents } from './validate-definition.ts';

/** What the API server does with CustomResourceDefinitions themselves beyond storing them. */
export const definitionHooks: ResourceHooks = {
  async beforeCreate(object) {
    check(object as CustomResourceDefinition, undefined);
    return undefined;
  },
  async beforeUpdate(object, old) {
    check(object as CustomResourceDefinition, old as CustomResourceDefinition);
    return undefined;
  },
  // The first deletion only marks a definition: its objects go before it.
  holdsDeletion: ({ metadata }) => metadata.deletionTimestamp === undefined,
  onMarked: addFinalizer,
};

function check(definition: CustomResourceDefinition, old: CustomResourceDefinition | undefined): void {
  if (old !== undefined && jsonEqual(definition.spec, old.spec)) return;
  const errors = [...(old === undefined ? validateApproval(definition) : []), ...validateSchemaContents(definition, old)];
  if (errors.length > 0)
    throw invalid({ group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' }, definition.metadata.name, errors);
}

function addFinalizer(object: KubeObject): void {
  const definition = object as CustomResourceDefinition;
  const { metadata, status } = definition;
  if (metadata.finalizers?.includes(CLEANUP_FINALIZER) === true) return;
  metadata.finalizers = [...(metadata.finalizers ?? []), CLEANUP_FINALIZER];
  const conditions = withCondition(status?.conditions ?? [], TERMINATING.pending, new Date());
  definition.status = { ...status, conditions: [...conditions] };
}
