import type { Endpoints } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { ageCell, ageColumn, joinWithMore, nameColumn, textColumn } from '../printing.ts';
import { validateEndpoints } from './endpoints-validation.ts';

/** Endpoints: the addresses behind a service, in the older form. */
export const endpointsKind = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  resource: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  hasStatus: false,
  deprecated: { since: 'v1.33', removedIn: '', use: 'discovery.k8s.io/v1 EndpointSlice' },

  defaults(endpoints) {
    for (const subset of endpoints.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= 'TCP';
  },
  validate: validateEndpoints,

  columns: [nameColumn, textColumn('Endpoints', 'The addresses and ports that are ready.'), ageColumn],
  row: (endpoints, now): Cell[] => [endpoints.metadata.name, endpointsText(endpoints), ageCell(endpoints, now)],
});

/** `10.0.0.1:80,10.0.0.2:80 + 1 more...` */
function endpointsText({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return '<none>';
  const texts = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`))),
  );
  return joinWithMore(texts, 3);
}
