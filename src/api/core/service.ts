import { nameIsDnsLabel } from '#apimachinery';
import type { Service, ServiceSpec } from '../generated/core-v1.ts';
import { defineKind, type Cell } from '../kind-definition.ts';
import { ageCell, ageColumn, formatLabels, nameColumn, textColumn } from '../printing.ts';
import { serviceExternalIp, servicePortsText } from './service-printing.ts';
import { defaultIpFamilies, isExternallyAccessible, normalizeClusterIps, prepareServiceForUpdate } from './service-strategy.ts';
import { validateService, validateServiceStatus, validateServiceUpdate } from './service-validation.ts';

/** A Service: one stable address for a set of pods. */
export const serviceKind = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  resource: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  otherSubresources: [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] }],
  nameRule: nameIsDnsLabel,

  defaults: defaultService,
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
    normalizeClusterIps(service.spec, undefined);
    defaultIpFamilies(service.spec);
  },
  prepareForUpdate(service, old) {
    prepareServiceForUpdate(service.spec, old.spec);
  },
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  validateStatusUpdate: validateServiceStatus,
  warnings: serviceWarnings,

  columns: [
    nameColumn,
    textColumn('Type', 'How the service is exposed: ClusterIP, NodePort, LoadBalancer or ExternalName.'),
    textColumn('Cluster-IP', 'The IP address of the service inside the cluster.'),
    textColumn('External-IP', 'The IP addresses or names by which the service is reached from outside the cluster.'),
    textColumn('Port(s)', 'The ports that are exposed by this service.'),
    ageColumn,
    textColumn('Selector', 'The labels of the pods that traffic is routed to.', true),
  ],
  row(service, now): Cell[] {
    const spec = service.spec;
    return [
      service.metadata.name,
      spec.type ?? '',
      spec.clusterIPs?.[0] ?? '<none>',
      serviceExternalIp(service),
      servicePortsText(spec),
      ageCell(service, now),
      formatLabels(spec.selector),
    ];
  },
  selectableFields: {
    'spec.clusterIP': (service) => service.spec.clusterIP ?? '',
    'spec.type': (service) => service.spec.type ?? '',
  },
});

/** Fields that the service's type makes meaningless. */
function serviceWarnings({ spec }: Service): string[] {
  const warnings: string[] = [];
  if (spec.externalName && spec.type !== 'ExternalName') {
    warnings.push(`spec.externalName is ignored when spec.type is not "ExternalName"`);
  }
  if (spec.type === 'ExternalName') {
    if (spec.externalIPs?.length) warnings.push(`spec.externalIPs is ignored when spec.type is "ExternalName"`);
  } else if (spec.clusterIP === 'None') {
    if (spec.loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services');
    if (spec.externalIPs?.length) warnings.push('spec.externalIPs is ignored for headless services');
    if (spec.sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services');
  }
  return warnings;
}

/** Seconds that a client sticks to a pod when session affinity says nothing else. */
const DEFAULT_AFFINITY_SECONDS = 10800;

function defaultService(service: Service): void {
  const spec = (service.spec ??= {});
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') defaultAffinitySeconds(spec);
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    port.targetPort ||= port.port;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') defaultLoadBalancer(service, spec);
}

function defaultAffinitySeconds(spec: ServiceSpec): void {
  const config = (spec.sessionAffinityConfig ??= {});
  config.clientIP ??= {};
  config.clientIP.timeoutSeconds ??= DEFAULT_AFFINITY_SECONDS;
}

function defaultLoadBalancer(service: Service, spec: ServiceSpec): void {
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of service.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
}
