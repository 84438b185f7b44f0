import type { ResourceQuota } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { validateResourceQuota, validateResourceQuotaStatus, validateResourceQuotaUpdate } from './resource-quota-validation.ts';

/** A ResourceQuota: how much of everything a namespace may hold. */
export const resourceQuotaKind = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  resource: 'resourcequotas',
  singular: 'resourcequota',
  shortNames: ['quota'],
  namespaced: true,
  hasStatus: true,

  defaults(quota) {
    quota.spec ??= {};
  },
  prepareForCreate(quota) {
    quota.status = {};
  },
  validate: validateResourceQuota,
  validateUpdate: validateResourceQuotaUpdate,
  validateStatusUpdate: validateResourceQuotaStatus,

  columns: [
    nameColumn,
    textColumn('Request', 'Request represents a minimum amount of cpu/memory that a container may consume.'),
    textColumn('Limit', 'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.'),
    ageColumn,
  ],
  row: (quota, now): Cell[] => [
    quota.metadata.name,
    usageText(quota, (resource) => !isLimit(resource)),
    usageText(quota, isLimit),
    ageCell(quota, now),
  ],
});

function isLimit(resource: string): boolean {
  return resource === 'limits.cpu' || resource === 'limits.memory' || resource === 'limits.ephemeral-storage';
}

/** `pods: 1/10, requests.cpu: 500m/1` */
function usageText({ status }: ResourceQuota, test: (resource: string) => boolean): string {
  return Object.keys(status.hard ?? {})
    .sort()
    .filter(test)
    .map((resource) => `${resource}: ${status.used?.[resource] ?? '0'}/${status.hard?.[resource]}`)
    .join(', ');
}
