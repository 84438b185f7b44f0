import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isCidr,
  isDns1123Label,
  isDns1123Subdomain,
  isIPAddress,
  isPortNumber,
  isQualifiedName,
  root,
  validateByRule,
  validateEnum,
  validateLabels,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { Service, ServicePort, ServiceSpec } from '../generated/core-v1.ts';
import { validateLoadBalancerStatus, validateReachableIp } from './addresses-validation.ts';
import { PROTOCOLS, validatePortNumberOrName } from './ports-validation.ts';
import { validateClusterIps, validateClusterIpUpdate } from './service-ip-validation.ts';
import { isExternallyAccessible, needsHealthCheckPort } from './service-strategy.ts';

const SPEC = root.child('spec');
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
/** Where every node's kubelet listens. */
const KUBELET_PORT = 10250;
const MAX_AFFINITY_SECONDS = 86400;

/** Checks a service by itself. */
export function validateService({ spec }: Service): FieldError[] {
  const errors: FieldError[] = [];
  validateByType(spec, errors);
  validatePorts(spec, errors);
  errors.push(...validateLabels(spec.selector, SPEC.child('selector')));
  validateAffinity(spec, errors);
  errors.push(...validateEnum(spec.type, TYPES, SPEC.child('type')));
  validateClusterIps(spec, errors);
  spec.externalIPs?.forEach((ip, index) => validateReachableIp(ip, SPEC.child('externalIPs').index(index), errors));
  validateLoadBalancer(spec, errors);
  validateTrafficPolicies(spec, errors);
  return errors;
}

/** Checks what an update may not do to a service. */
export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const errors: FieldError[] = [];
  validateClusterIpUpdate(service.spec, old.spec, errors);
  const bothBalanced = service.spec.type === 'LoadBalancer' && old.spec.type === 'LoadBalancer';
  if (bothBalanced && (service.spec.loadBalancerClass ?? '') !== (old.spec.loadBalancerClass ?? '')) {
    errors.push(fieldInvalid(SPEC.child('loadBalancerClass'), service.spec.loadBalancerClass, 'may not change once set'));
  }
  const before = old.spec.healthCheckNodePort;
  if (before && needsHealthCheckPort(service.spec) && needsHealthCheckPort(old.spec) && service.spec.healthCheckNodePort !== before) {
    errors.push(fieldForbidden(SPEC.child('healthCheckNodePort'), 'field is immutable'));
  }
  return errors;
}

/** Checks what the load balancer announces. */
export function validateServiceStatus(service: Service): FieldError[] {
  const errors: FieldError[] = [];
  const path = root.child('status', 'loadBalancer');
  const { ingress } = service.status.loadBalancer ?? {};
  if (ingress?.length && service.spec.type !== 'LoadBalancer') {
    errors.push(fieldForbidden(path.child('ingress'), "may only be used when `spec.type` is 'LoadBalancer'"));
  }
  validateLoadBalancerStatus(ingress, path.child('ingress'), errors);
  return errors;
}

function validateByType(spec: ServiceSpec, errors: FieldError[]): void {
  const headless = spec.clusterIP === 'None';
  if (!spec.ports?.length && !headless && spec.type !== 'ExternalName') errors.push(fieldRequired(SPEC.child('ports')));
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    errors.push(fieldInvalid(SPEC.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.type === 'LoadBalancer') {
    spec.ports?.forEach(({ port }, index) => {
      if (port !== KUBELET_PORT) return;
      const path = SPEC.child('ports').index(index);
      errors.push(fieldInvalid(path, port, `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`));
    });
  }
  if (spec.type === 'ExternalName') validateExternalName(spec, errors);
}

function validateExternalName(spec: ServiceSpec, errors: FieldError[]): void {
  if (spec.clusterIPs?.length || spec.clusterIP) {
    errors.push(fieldForbidden(SPEC.child('clusterIPs'), 'may not be set for ExternalName services'));
  }
  const path = SPEC.child('externalName');
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.push(fieldRequired(path));
  else errors.push(...validateByRule(name, isDns1123Subdomain, path));
}

function validatePorts(spec: ServiceSpec, errors: FieldError[]): void {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  ports.forEach((port, index) => {
    const path = SPEC.child('ports').index(index);
    validatePortName(port, ports.length > 1, names, path, errors);
    validatePort(port, path, errors);
    if (port.nodePort) validateNodePort(port, spec, nodePorts, path, errors);
    const key = `${port.protocol}/${port.port}`;
    if (numbers.has(key))
      errors.push(
        fieldDuplicate(path, { Name: '', Protocol: port.protocol, AppProtocol: null, Port: port.port, TargetPort: 0, NodePort: 0 }),
      );
    numbers.add(key);
  });
}

function validatePortName({ name }: ServicePort, required: boolean, names: Set<string>, path: FieldPath, errors: FieldError[]): void {
  if (!name) {
    if (required) errors.push(fieldRequired(path.child('name')));
    return;
  }
  errors.push(...validateByRule(name, isDns1123Label, path.child('name')));
  if (names.has(name)) errors.push(fieldDuplicate(path.child('name'), name));
  names.add(name);
}

function validatePort(port: ServicePort, path: FieldPath, errors: FieldError[]): void {
  for (const text of isPortNumber(port.port)) errors.push(fieldInvalid(path.child('port'), port.port ?? 0, text));
  errors.push(...validateEnum(port.protocol, PROTOCOLS, path.child('protocol')));
  if (port.targetPort !== undefined) validatePortNumberOrName(port.targetPort, path.child('targetPort'), errors);
  if (port.appProtocol !== undefined) errors.push(...validateByRule(port.appProtocol, isQualifiedName, path.child('appProtocol')));
}

function validateNodePort(port: ServicePort, spec: ServiceSpec, taken: Set<string>, at: FieldPath, errors: FieldError[]): void {
  const path = at.child('nodePort');
  if (spec.type === 'ClusterIP') errors.push(fieldForbidden(path, "may not be used when `type` is 'ClusterIP'"));
  const key = `${port.protocol}/${port.nodePort}`;
  if (taken.has(key)) errors.push(fieldDuplicate(path, port.nodePort));
  taken.add(key);
}

function validateAffinity(spec: ServiceSpec, errors: FieldError[]): void {
  errors.push(...validateEnum(spec.sessionAffinity, ['ClientIP', 'None'], SPEC.child('sessionAffinity')));
  const path = SPEC.child('sessionAffinityConfig');
  if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig) {
    errors.push(fieldForbidden(path, 'must not be set when session affinity is None'));
  }
  if (spec.sessionAffinity !== 'ClientIP') return;
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  const secondsPath = path.child('clientIP', 'timeoutSeconds');
  if (seconds === undefined) errors.push(fieldRequired(secondsPath, 'when session affinity type is ClientIP'));
  else if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS) {
    errors.push(fieldInvalid(secondsPath, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`));
  }
}

const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";

function validateLoadBalancer(spec: ServiceSpec, errors: FieldError[]): void {
  const balanced = spec.type === 'LoadBalancer';
  const ranges = SPEC.child('LoadBalancerSourceRanges');
  if (spec.loadBalancerSourceRanges?.length && !balanced) errors.push(fieldForbidden(ranges, ONLY_LOAD_BALANCER));
  spec.loadBalancerSourceRanges?.forEach((range, index) => {
    errors.push(...validateByRule(range.trim(), isCidr, ranges.index(index)));
  });
  const allocate = SPEC.child('allocateLoadBalancerNodePorts');
  if (balanced && spec.allocateLoadBalancerNodePorts === undefined) errors.push(fieldRequired(allocate));
  if (!balanced && spec.allocateLoadBalancerNodePorts !== undefined) errors.push(fieldForbidden(allocate, ONLY_LOAD_BALANCER));
  if (spec.loadBalancerClass !== undefined) {
    const path = SPEC.child('loadBalancerClass');
    if (!balanced) errors.push(fieldForbidden(path, ONLY_LOAD_BALANCER));
    else errors.push(...validateByRule(spec.loadBalancerClass, isQualifiedName, path));
  }
  if (spec.loadBalancerIP) errors.push(...validateByRule(spec.loadBalancerIP, isIPAddress, SPEC.child('loadBalancerIP')));
}

function validateTrafficPolicies(spec: ServiceSpec, errors: FieldError[]): void {
  const external = SPEC.child('externalTrafficPolicy');
  if (isExternallyAccessible(spec)) errors.push(...validateEnum(spec.externalTrafficPolicy, POLICIES, external));
  else if (spec.externalTrafficPolicy) {
    errors.push(fieldInvalid(external, spec.externalTrafficPolicy, 'may only be set for externally-accessible services'));
  }
  validateHealthCheckPort(spec, errors);
  const internal = SPEC.child('internalTrafficPolicy');
  if (spec.internalTrafficPolicy !== undefined && !POLICIES.includes(spec.internalTrafficPolicy)) {
    errors.push(fieldNotSupported(internal, spec.internalTrafficPolicy, POLICIES));
  } else if (spec.internalTrafficPolicy === undefined && spec.type !== 'ExternalName') errors.push(fieldRequired(internal));
  if (spec.trafficDistribution !== undefined && !DISTRIBUTIONS.includes(spec.trafficDistribution)) {
    errors.push(fieldNotSupported(SPEC.child('trafficDistribution'), spec.trafficDistribution, DISTRIBUTIONS));
  }
}

function validateHealthCheckPort(spec: ServiceSpec, errors: FieldError[]): void {
  const port = spec.healthCheckNodePort;
  if (!port) return;
  const path = SPEC.child('healthCheckNodePort');
  if (!needsHealthCheckPort(spec)) {
    errors.push(fieldInvalid(path, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"));
  } else for (const text of isPortNumber(port)) errors.push(fieldInvalid(path, port, text));
}
