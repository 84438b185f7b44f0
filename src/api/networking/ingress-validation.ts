import {
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isDns1035Label,
  isDns1123Subdomain,
  isIPAddress,
  isPortName,
  isPortNumber,
  isWildcardDns1123Subdomain,
  nameIsDns1035Label,
  root,
  validateByRule,
  validateReferenceName,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressLoadBalancerIngress,
  IngressRule,
  IngressServiceBackend,
  IngressSpec,
  IngressTLS,
} from '../generated/networking-v1.ts';
import type { TypedLocalObjectReference } from '../generated/core-v1.ts';

const specPath = root.child('spec');

/** The way to name an ingress's class before there was `spec.ingressClassName`. */
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** What is wrong with an ingress on its own. */
export function validateIngress({ spec }: Ingress): FieldError[] {
  return validateSpec(spec);
}

/** The addresses that a controller has written. */
export function validateIngressStatus({ status }: Ingress): FieldError[] {
  const path = root.child('status', 'loadBalancer', 'ingress');
  return (status.loadBalancer?.ingress ?? []).flatMap((entry, i) => validateLoadBalancer(entry, path.index(i)));
}

/** A new ingress, or one that newly has the annotation, is told of the field. */
export function ingressWarnings({ metadata }: Ingress, old: Ingress | undefined): string[] {
  const isNew = metadata.annotations?.[CLASS_ANNOTATION] !== undefined && old?.metadata.annotations?.[CLASS_ANNOTATION] === undefined;
  return isNew ? [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`] : [];
}

/** What only a new ingress has to obey: annotation and field name the same class. */
export function validateIngressCreate({ metadata, spec }: Ingress): FieldError[] {
  const annotation = metadata.annotations?.[CLASS_ANNOTATION];
  if (annotation === undefined || spec.ingressClassName === undefined || annotation === spec.ingressClassName) return [];
  const path = root.child('annotations').child(CLASS_ANNOTATION);
  return [fieldInvalid(path, annotation, 'must match `ingressClassName` when both are specified')];
}

function validateSpec(spec: IngressSpec): FieldError[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) {
    errors.push(fieldInvalid(specPath, rules, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend !== undefined) errors.push(...validateBackend(defaultBackend, specPath.child('defaultBackend')));
  errors.push(...rules.flatMap((rule, i) => validateRule(rule, specPath.child('rules').index(i))));
  errors.push(...tls.flatMap((entry, i) => validateTls(entry, specPath.child('tls').index(i))));
  if (ingressClassName !== undefined) {
    errors.push(...validateByRule(ingressClassName, isDns1123Subdomain, specPath.child('ingressClassName')));
  }
  return errors;
}

const hostRule = (host: string) => (host.includes('*') ? isWildcardDns1123Subdomain : isDns1123Subdomain);

function validateTls({ hosts = [], secretName }: IngressTLS, path: FieldPath): FieldError[] {
  const errors = hosts.flatMap((host, i) => validateByRule(host, hostRule(host), path.child('hosts').index(i)));
  if (secretName) errors.push(...validateByRule(secretName, isDns1123Subdomain, path.child('secretName')));
  return errors;
}

function validateRule({ host, http }: IngressRule, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (host) {
    const hostPath = path.child('host');
    if (isIPAddress(host).length === 0) errors.push(fieldInvalid(hostPath, host, 'must be a DNS name, not an IP address'));
    errors.push(...validateByRule(host, hostRule(host), hostPath));
  }
  if (http === undefined) return errors;
  const pathsPath = path.child('http', 'paths');
  const paths = http.paths ?? [];
  if (paths.length === 0) errors.push(fieldRequired(pathsPath));
  return [...errors, ...paths.flatMap((entry, i) => validatePath(entry, pathsPath.index(i)))];
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const FORBIDDEN_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const FORBIDDEN_ENDINGS = ['/..', '/.'];

function validatePath({ path: value = '', pathType, backend }: HTTPIngressPath, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const typePath = path.child('pathType');
  if (pathType === undefined) errors.push(fieldRequired(typePath, 'pathType must be specified'));
  else if (!PATH_TYPES.includes(pathType)) errors.push(fieldNotSupported(typePath, pathType, PATH_TYPES));
  else errors.push(...validatePathValue(value, pathType, path.child('path')));
  return [...errors, ...validateBackend(backend ?? {}, path.child('backend'))];
}

function validatePathValue(value: string, pathType: string, path: FieldPath): FieldError[] {
  const absolute = value.startsWith('/');
  if (pathType === 'ImplementationSpecific') {
    return value === '' || absolute ? [] : [fieldInvalid(path, value, 'must be an absolute path')];
  }
  if (!absolute) return [fieldInvalid(path, value, 'must be an absolute path')];
  return [
    ...FORBIDDEN_SEQUENCES.filter((text) => value.includes(text)).map((text) => fieldInvalid(path, value, `must not contain '${text}'`)),
    ...FORBIDDEN_ENDINGS.filter((text) => value.endsWith(text)).map((text) => fieldInvalid(path, value, `cannot end with '${text}'`)),
  ];
}

function validateBackend({ service, resource }: IngressBackend, path: FieldPath): FieldError[] {
  if (service !== undefined && resource !== undefined) return [fieldInvalid(path, '', 'cannot set both resource and service backends')];
  if (resource !== undefined) return validateResource(resource, path.child('resource'));
  if (service !== undefined) return validateService(service, path);
  return [fieldInvalid(path, '', 'resource or service backend is required')];
}

function validateService({ name, port }: IngressServiceBackend, path: FieldPath): FieldError[] {
  const errors = validateReferenceName(name, nameIsDns1035Label, path.child('service', 'name'));
  const portPath = path.child('service', 'port');
  const portName = port?.name ?? '';
  const portNumber = port?.number ?? 0;
  if (portName !== '' && portNumber !== 0) errors.push(fieldInvalid(path, '', 'cannot set both port name & port number'));
  else if (portName !== '') errors.push(...validateByRule(portName, isPortName, portPath.child('name')));
  else if (portNumber !== 0) {
    errors.push(...isPortNumber(portNumber).map((text) => fieldInvalid(portPath.child('number'), portNumber, text)));
  } else errors.push(fieldRequired(path, 'port name or number is required'));
  return errors;
}

function validateResource({ apiGroup, kind, name }: TypedLocalObjectReference, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (apiGroup !== undefined) errors.push(...validateByRule(apiGroup, isDns1123Subdomain, path.child('apiGroup')));
  if (!kind) errors.push(fieldRequired(path.child('kind'), 'kind is required'));
  else errors.push(...validateByRule(kind.toLowerCase(), isDns1035Label, path.child('kind')));
  if (!name) errors.push(fieldRequired(path.child('name'), 'name is required'));
  return errors;
}

function validateLoadBalancer({ ip, hostname }: IngressLoadBalancerIngress, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (ip) errors.push(...validateByRule(ip, isIPAddress, path.child('ip')));
  if (!hostname) return errors;
  errors.push(...validateByRule(hostname, isDns1123Subdomain, path.child('hostname')));
  if (isIPAddress(hostname).length === 0) {
    errors.push(fieldInvalid(path.child('hostname'), hostname, 'must be a DNS name, not an IP address'));
  }
  return errors;
}
