import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defaultResourceClaimSpec } from './device-defaults.ts';
import { defineKind } from '../kind-definition.ts';
import { structOf } from '../struct-of.ts';
import { validateResourceClaim, validateResourceClaimStatus, validateResourceClaimUpdate } from './resource-claim-validation.ts';
import type { ResourceClaim } from '../generated/resource-v1.ts';

/** `pending`, or what applies: `deleted,allocated,reserved`. */
function stateCell({ metadata, status }: ResourceClaim): string {
  const states = [
    metadata.deletionTimestamp ? 'deleted' : '',
    status?.allocation ? 'allocated' : metadata.deletionTimestamp ? '' : 'pending',
    status?.reservedFor?.length ? 'reserved' : '',
  ];
  return states.filter((state) => state !== '').join(',');
}

export const resourceClaimKind = defineKind<ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  resource: 'resourceclaims',
  singular: 'resourceclaim',
  namespaced: true,
  hasStatus: true,
  defaults: (object) => defaultResourceClaimSpec(structOf(object, 'spec')),
  prepareForCreate(object) {
    object.status = {};
  },
  validate: validateResourceClaim,
  validateUpdate: validateResourceClaimUpdate,
  validateStatusUpdate: validateResourceClaimStatus,
  columns: [nameColumn, textColumn('State', 'A summary of the current state (allocated, pending, reserved, etc.).'), ageColumn],
  row: (object, now) => [object.metadata.name, stateCell(object), ageCell(object, now)],
});
