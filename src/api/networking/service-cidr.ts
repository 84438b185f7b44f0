import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { structOf } from '../struct-of.ts';
import { validateServiceCIDR, validateServiceCIDRUpdate } from './service-cidr-validation.ts';
import type { ServiceCIDR } from '../generated/networking-v1.ts';

export const serviceCidrKind = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  singular: 'servicecidr',
  namespaced: false,
  hasStatus: true,
  hasGeneration: true,
  defaults(object) {
    structOf(object, 'spec');
  },
  prepareForCreate(object) {
    object.status = {};
  },
  validate: validateServiceCIDR,
  validateUpdate: validateServiceCIDRUpdate,
  columns: [nameColumn, textColumn('CIDRs', 'The ranges that addresses of services are taken from.'), ageColumn],
  row: (object, now) => [object.metadata.name, object.spec.cidrs?.join(',') ?? '', ageCell(object, now)],
});
