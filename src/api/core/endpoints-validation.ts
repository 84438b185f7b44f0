import {
  fieldInvalid,
  fieldRequired,
  isDns1123Label,
  isDns1123Subdomain,
  isPortNumber,
  isQualifiedName,
  root,
  validateByRule,
  validateEnum,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset } from '../generated/core-v1.ts';
import { validateReachableIp } from './addresses-validation.ts';
import { PROTOCOLS } from './ports-validation.ts';

/** Checks addresses and ports. */
export function validateEndpoints({ subsets = [] }: Endpoints): FieldError[] {
  const errors: FieldError[] = [];
  subsets.forEach((subset, index) => validateSubset(subset, root.child('subsets').index(index), errors));
  return errors;
}

function validateSubset(
  { addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    errors.push(fieldRequired(path, 'must specify `addresses` or `notReadyAddresses`'));
  }
  addresses.forEach((address, index) => validateAddress(address, path.child('addresses').index(index), errors));
  notReadyAddresses.forEach((address, index) => validateAddress(address, path.child('notReadyAddresses').index(index), errors));
  ports.forEach((port, index) => validatePort(port, ports.length > 1, path.child('ports').index(index), errors));
}

function validateAddress({ ip, hostname, nodeName }: EndpointAddress, path: FieldPath, errors: FieldError[]): void {
  validateReachableIp(ip ?? '', path.child('ip'), errors);
  if (hostname) errors.push(...validateByRule(hostname, isDns1123Label, path.child('hostname')));
  if (nodeName) errors.push(...validateByRule(nodeName, isDns1123Subdomain, path.child('nodeName')));
}

function validatePort(
  { name, port, protocol, appProtocol }: EndpointPort,
  nameRequired: boolean,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (name) errors.push(...validateByRule(name, isDns1123Label, path.child('name')));
  else if (nameRequired) errors.push(fieldRequired(path.child('name')));
  for (const text of isPortNumber(port)) errors.push(fieldInvalid(path.child('port'), port ?? 0, text));
  errors.push(...validateEnum(protocol, PROTOCOLS, path.child('protocol')));
  if (appProtocol !== undefined) errors.push(...validateByRule(appProtocol, isQualifiedName, path.child('appProtocol')));
}
