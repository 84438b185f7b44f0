import { ageCell, ageColumn, nameColumn } from '../printing.ts';
import { defaultResourceClaimSpec } from './device-defaults.ts';
import { defineKind } from '../kind-definition.ts';
import { root, type FieldError } from '#apimachinery';
import { checkUnchanged } from '../checks.ts';
import { structOf } from '../struct-of.ts';
import { validateResourceClaimSpec } from './resource-claim-validation.ts';
import type { ResourceClaimTemplate } from '../generated/resource-v1.ts';

const specPath = root.child('spec');

export const resourceClaimTemplateKind = defineKind<ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  resource: 'resourceclaimtemplates',
  singular: 'resourceclaimtemplate',
  namespaced: true,
  hasStatus: false,
  defaults: (object) => defaultResourceClaimSpec(structOf(structOf(object, 'spec'), 'spec')),
  validate: ({ spec }): FieldError[] => validateResourceClaimSpec(spec.spec, specPath.child('spec')),
  validateUpdate: ({ spec }, old) => checkUnchanged(specPath, spec, old.spec, 'field is immutable'),
  columns: [nameColumn, ageColumn],
  row: (object, now) => [object.metadata.name, ageCell(object, now)],
});
