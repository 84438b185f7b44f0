import { customResourceDefinitionV1beta1 } from './conversion-custom-resource-definition.ts';
import { defineKind } from '../kind-definition.ts';
import { createdAtColumn, nameColumn } from '../printing.ts';
import { structOf } from '../struct-of.ts';
import {
  validateCustomResourceDefinition,
  validateCustomResourceDefinitionStatus,
  validateCustomResourceDefinitionUpdate,
} from './custom-resource-definition-validation.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '../generated/apiextensions-v1.ts';

function defaults(object: CustomResourceDefinition): void {
  const spec = structOf(object, 'spec');
  const names = structOf(spec, 'names');
  names.singular ||= (names.kind ?? '').toLowerCase();
  if (names.kind) names.listKind ||= `${names.kind}List`;
  spec.versions ??= [];
  spec.conversion ??= { strategy: 'None' };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
}

/** Remembers in the status every version in which objects have been stored. */
function rememberStorageVersion(object: CustomResourceDefinition): void {
  const status: Partial<CustomResourceDefinitionStatus> = object.status ?? {};
  const { conditions = [], acceptedNames = { plural: '', kind: '' }, storedVersions = [], ...rest } = status;
  const stored = object.spec.versions.find(({ storage }) => storage)?.name;
  const isNew = stored !== undefined && !storedVersions.includes(stored);
  object.status = { ...rest, conditions, acceptedNames, storedVersions: isNew ? [...storedVersions, stored] : storedVersions };
}

export const customResourceDefinitionKind = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  alsoServed: [customResourceDefinitionV1beta1],
  hasStatus: true,
  hasGeneration: true,
  unconditionalUpdate: false,
  defaults,
  prepareForCreate(object) {
    object.status = { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: [] };
    rememberStorageVersion(object);
  },
  prepareForUpdate: rememberStorageVersion,
  validate: validateCustomResourceDefinition,
  validateUpdate: validateCustomResourceDefinitionUpdate,
  validateStatusUpdate: validateCustomResourceDefinitionStatus,
  columns: [nameColumn, createdAtColumn],
  row: ({ metadata }) => [metadata.name, metadata.creationTimestamp ?? null],
});
