import { isPathSegmentName } from '#apimachinery';
import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { structOf } from '../struct-of.ts';
import { validateAPIService, validateAPIServiceStatus } from './api-service-validation.ts';
import type { APIService } from '../generated/apiregistration-v1.ts';

function serviceCell({ spec }: APIService): string {
  return spec.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local';
}

/** `True`, or the status with the reason: `False (MissingEndpoints)`. */
function availableCell({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available');
  if (condition === undefined) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`;
}

export const apiServiceKind = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  resource: 'apiservices',
  singular: 'apiservice',
  categories: ['api-extensions'],
  namespaced: false,
  alsoServed: [{ version: 'v1beta1', deprecated: { since: 'v1.19', removedIn: 'v1.22', use: 'apiregistration.k8s.io/v1 APIService' } }],
  hasStatus: true,
  unconditionalUpdate: false,
  // The core group's is `v1.`, which is no DNS name.
  nameRule: isPathSegmentName,
  defaults(object) {
    const { service } = structOf(object, 'spec');
    if (service) service.port ??= 443;
    structOf(object, 'status');
  },
  prepareForCreate(object) {
    object.status = {};
  },
  validate: validateAPIService,
  validateStatusUpdate: validateAPIServiceStatus,
  columns: [
    nameColumn,
    textColumn('Service', 'The reference to the service that hosts this API endpoint.'),
    textColumn('Available', 'Whether this service is available.'),
    ageColumn,
  ],
  row: (object, now) => [object.metadata.name, serviceCell(object), availableCell(object), ageCell(object, now)],
});
