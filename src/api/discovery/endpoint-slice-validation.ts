import { checkOneOf } from '../checks.ts';
import { validateDomainName } from './domain-name.ts';
import { validateReachableIp } from '../core/addresses-validation.ts';
import {
  fieldDuplicate,
  fieldInvalid,
  fieldRequired,
  fieldTooMany,
  isDns1123Label,
  isDns1123Subdomain,
  isIPv4Address,
  isIPv6Address,
  isQualifiedName,
  root,
  validateByRule,
  validateEnum,
  validateImmutable,
  validateLabels,
  validateMaxItems,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '../generated/discovery-v1.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20000;
const MAX_TOPOLOGY_LABELS = 16;
const MAX_HINTS = 8;

/** What is wrong with a slice on its own. */
export function validateEndpointSlice(slice: EndpointSlice): FieldError[] {
  return [
    ...validateEnum(slice.addressType, ADDRESS_TYPES, root.child('addressType')),
    ...validateEndpoints(slice.endpoints ?? [], slice.addressType, root.child('endpoints')),
    ...validatePorts(slice.ports ?? [], root.child('ports')),
  ];
}

/** The type of the addresses stays as it is. */
export function validateEndpointSliceUpdate(slice: EndpointSlice, old: EndpointSlice): FieldError[] {
  return validateImmutable(slice.addressType, old.addressType, root.child('addressType'));
}

function validateEndpoints(endpoints: readonly Endpoint[], addressType: string, path: FieldPath): FieldError[] {
  if (endpoints.length > MAX_ENDPOINTS) return [fieldTooMany(path, endpoints.length, MAX_ENDPOINTS)];
  return endpoints.flatMap((endpoint, i) => validateEndpoint(endpoint, addressType, path.index(i)));
}

function validateEndpoint(endpoint: Endpoint, addressType: string, path: FieldPath): FieldError[] {
  const errors = validateAddresses(endpoint.addresses ?? [], addressType, path.child('addresses'));
  const { nodeName, deprecatedTopology = {}, hints, hostname } = endpoint;
  if (nodeName !== undefined) errors.push(...validateByRule(nodeName, isDns1123Subdomain, path.child('nodeName')));
  const topologyPath = path.child('deprecatedTopology');
  const topologySize = Object.keys(deprecatedTopology).length;
  if (topologySize > MAX_TOPOLOGY_LABELS) errors.push(fieldTooMany(topologyPath, topologySize, MAX_TOPOLOGY_LABELS));
  errors.push(...validateLabels(deprecatedTopology, topologyPath));
  if (hostname !== undefined) errors.push(...validateByRule(hostname, isDns1123Label, path.child('hostname')));
  if (hints !== undefined) errors.push(...validateHints(hints, path.child('hints')));
  return errors;
}

function validateAddresses(addresses: readonly string[], addressType: string, path: FieldPath): FieldError[] {
  if (addresses.length === 0) return [fieldRequired(path, 'must contain at least 1 address')];
  if (addresses.length > MAX_ADDRESSES) return [fieldTooMany(path, addresses.length, MAX_ADDRESSES)];
  return addresses.flatMap((address, i) => validateAddress(address, addressType, path.index(i)));
}

function validateAddress(address: string, addressType: string, path: FieldPath): FieldError[] {
  if (addressType === 'FQDN') return validateDomainName(address, path);
  if (!ADDRESS_TYPES.includes(addressType)) return [];
  const errors = validateByRule(address, addressType === 'IPv4' ? isIPv4Address : isIPv6Address, path);
  validateReachableIp(address, path, errors);
  return errors;
}

function validateHints({ forZones = [], forNodes = [] }: EndpointHints, path: FieldPath): FieldError[] {
  return [
    ...validateHintList(forZones, isQualifiedZone, path.child('forZones')),
    ...validateHintList(forNodes, isDns1123Subdomain, path.child('forNodes')),
  ];
}

const isQualifiedZone = (name: string): string[] => isQualifiedName(name);

function validateHintList(hints: readonly { name: string }[], rule: (name: string) => string[], path: FieldPath): FieldError[] {
  const errors = validateMaxItems(hints, MAX_HINTS, path);
  const seen = new Set<string>();
  for (const [i, { name }] of hints.entries()) {
    const namePath = path.index(i).child('name');
    if (seen.has(name)) errors.push(fieldDuplicate(namePath, name));
    seen.add(name);
    errors.push(...validateByRule(name ?? '', rule, namePath));
  }
  return errors;
}

function validatePorts(ports: readonly EndpointPort[], path: FieldPath): FieldError[] {
  if (ports.length > MAX_PORTS) return [fieldTooMany(path, ports.length, MAX_PORTS)];
  const names = new Set<string>();
  return ports.flatMap((port, i) => validatePort(port, names, path.index(i)));
}

function validatePort(port: EndpointPort, names: Set<string>, path: FieldPath): FieldError[] {
  const name = port.name ?? '';
  const errors: FieldError[] = [];
  if (name !== '') errors.push(...validateByRule(name, isDns1123Label, path.child('name')));
  if (names.has(name)) errors.push(fieldDuplicate(path.child('name'), name));
  names.add(name);
  if (port.protocol === undefined) errors.push(fieldRequired(path.child('protocol')));
  errors.push(...checkOneOf(path.child('protocol'), port.protocol, PROTOCOLS));
  if (port.port !== undefined && (port.port < 0 || port.port > 65535)) {
    errors.push(fieldInvalid(path.child('port'), port.port, 'must be between 1 and 65535, inclusive'));
  }
  if (port.appProtocol !== undefined) errors.push(...validateByRule(port.appProtocol, isQualifiedName, path.child('appProtocol')));
  return errors;
}
