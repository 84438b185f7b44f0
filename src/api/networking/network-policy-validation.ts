import { checkOneOf } from '../checks.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  isCidr,
  isPortName,
  isPortNumber,
  parseIP,
  root,
  validateByRule,
  validateLabelSelector,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../generated/networking-v1.ts';

const specPath = root.child('spec');
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** What is wrong with a network policy. */
export function validateNetworkPolicy({ spec }: NetworkPolicy): FieldError[] {
  const { podSelector, ingress = [], egress = [], policyTypes = [] } = spec;
  return [
    ...validateLabelSelector(podSelector, specPath.child('podSelector')),
    ...ingress.flatMap((rule, i) => validateRule(rule.ports, rule.from, 'from', specPath.child('ingress').index(i))),
    ...egress.flatMap((rule, i) => validateRule(rule.ports, rule.to, 'to', specPath.child('egress').index(i))),
    ...validatePolicyTypes(policyTypes, specPath.child('policyTypes')),
  ];
}

function validatePolicyTypes(types: readonly string[], path: FieldPath): FieldError[] {
  if (types.length > 2) return [fieldInvalid(path, types, 'may not specify more than two policyTypes')];
  return types.flatMap((type, i) => checkOneOf(path.index(i), type, ['Egress', 'Ingress']));
}

function validateRule(ports: NetworkPolicyPort[] = [], peers: NetworkPolicyPeer[] = [], peersField: string, path: FieldPath): FieldError[] {
  return [
    ...ports.flatMap((port, i) => validatePort(port, path.child('ports').index(i))),
    ...peers.flatMap((peer, i) => validatePeer(peer, path.child(peersField).index(i))),
  ];
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: FieldPath): FieldError[] {
  const errors = checkOneOf(path.child('protocol'), protocol, PROTOCOLS);
  const portPath = path.child('port');
  if (typeof port === 'number') errors.push(...isPortNumber(port).map((text) => fieldInvalid(portPath, port, text)));
  else if (port !== undefined) errors.push(...validateByRule(port, isPortName, portPath));
  if (endPort !== undefined) errors.push(...validateEndPort(endPort, port, path.child('endPort')));
  return errors;
}

function validateEndPort(endPort: number, port: NetworkPolicyPort['port'], path: FieldPath): FieldError[] {
  if (port === undefined) return [fieldInvalid(path, endPort, 'may not be specified when `port` is not specified')];
  if (typeof port === 'string') return [fieldInvalid(path, endPort, 'may not be specified when `port` is non-numeric')];
  const errors = endPort < port ? [fieldInvalid(path, endPort, 'must be greater than or equal to `port`')] : [];
  return [...errors, ...isPortNumber(endPort).map((text) => fieldInvalid(path, endPort, text))];
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: FieldPath): FieldError[] {
  const errors = [
    ...validateLabelSelector(podSelector, path.child('podSelector')),
    ...validateLabelSelector(namespaceSelector, path.child('namespaceSelector')),
  ];
  if (ipBlock !== undefined) errors.push(...validateIpBlock(ipBlock, path.child('ipBlock')));
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selects && ipBlock === undefined) errors.push(fieldRequired(path, 'must specify a peer'));
  if (selects && ipBlock !== undefined) errors.push(fieldForbidden(path, 'may not specify both ipBlock and another peer'));
  return errors;
}

function validateIpBlock({ cidr, except = [] }: IPBlock, path: FieldPath): FieldError[] {
  const cidrPath = path.child('cidr');
  if (!cidr) return [fieldRequired(cidrPath)];
  const errors = validateByRule(cidr, isCidr, cidrPath);
  if (errors.length > 0) return errors;
  return except.flatMap((hole, i) => {
    const holePath = path.child('except').index(i);
    const holeErrors = validateByRule(hole, isCidr, holePath);
    if (holeErrors.length > 0 || isStrictSubset(hole, cidr)) return holeErrors;
    return [fieldInvalid(holePath, hole, 'must be a strict subset of `cidr`')];
  });
}

/** Is every address of `inner` one of `outer`, and are there more? Both are valid ranges. */
function isStrictSubset(inner: string, outer: string): boolean {
  const [innerAddress = '', innerLength = ''] = inner.split('/');
  const [outerAddress = '', outerLength = ''] = outer.split('/');
  const a = parseIP(innerAddress);
  const b = parseIP(outerAddress);
  if (a === undefined || b === undefined || a.version !== b.version || Number(innerLength) <= Number(outerLength)) return false;
  const shift = BigInt((a.version === 4 ? 32 : 128) - Number(outerLength));
  return a.bits >> shift === b.bits >> shift;
}
