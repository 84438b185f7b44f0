import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { ingressVersions } from './conversion-ingress.ts';
import { ingressWarnings, validateIngress, validateIngressCreate, validateIngressStatus } from './ingress-validation.ts';
import { structOf } from '../struct-of.ts';
import type { Ingress, IngressRule, IngressStatus } from '../generated/networking-v1.ts';

/** How many hosts the table shows. */
const SHOWN_HOSTS = 3;

function hostsCell(rules: readonly IngressRule[] = []): string {
  const hosts = rules.slice(0, SHOWN_HOSTS).flatMap(({ host }) => host || []);
  if (hosts.length === 0) return '*';
  const more = rules.length - SHOWN_HOSTS;
  return more > 0 ? `${hosts.join(',')} + ${more} more...` : hosts.join(',');
}

function addressCell(status: IngressStatus | undefined): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  return [...new Set(addresses.filter((address) => address !== ''))].sort().join(',');
}

export const ingressKind = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  resource: 'ingresses',
  singular: 'ingress',
  shortNames: ['ing'],
  namespaced: true,
  alsoServed: ingressVersions,
  hasStatus: true,
  hasGeneration: true,
  defaults(object) {
    structOf(object, 'spec');
  },
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
  },
  validate: validateIngress,
  validateCreate: validateIngressCreate,
  validateStatusUpdate: validateIngressStatus,
  warnings: ingressWarnings,
  columns: [
    nameColumn,
    textColumn('Class', 'The name of the IngressClass that serves this ingress.'),
    textColumn('Hosts', 'Hosts that incoming requests are matched against before the ingress rule'),
    textColumn('Address', 'Address is a list containing ingress points for the load-balancer'),
    textColumn('Ports', 'Ports of TLS configurations that open'),
    ageColumn,
  ],
  row: (object, now) => [
    object.metadata.name,
    object.spec.ingressClassName ?? '<none>',
    hostsCell(object.spec.rules),
    addressCell(object.status),
    object.spec.tls?.length ? '80, 443' : '80',
    ageCell(object, now),
  ],
});
