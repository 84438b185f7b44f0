import {
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isConfigMapKey,
  isDns1123Subdomain,
  isQualifiedName,
  isRelaxedEnvVarName,
  nameIsDnsSubdomain,
  validateByRule,
  validateReferenceName,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type {
  Container,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../../generated/core-v1.ts';
import { quantityOf } from '../resource-list.ts';
import { validateLocalPath } from './validate-paths.ts';

type Env = Pick<Container, 'env' | 'envFrom'>;

/** Checks a container's environment. */
export function validateEnvironment({ env, envFrom }: Env, path: FieldPath, errors: FieldError[]): void {
  env?.forEach((variable, index) => validateVariable(variable, path.child('env').index(index), errors));
  envFrom?.forEach((source, index) => validateEnvFrom(source, path.child('envFrom'), index, errors));
}

function validateVariable(variable: EnvVar, path: FieldPath, errors: FieldError[]): void {
  if (!variable.name) errors.push(fieldRequired(path.child('name')));
  else errors.push(...validateByRule(variable.name, isRelaxedEnvVarName, path.child('name')));
  if (variable.valueFrom) validateValueFrom(variable, variable.valueFrom, path.child('valueFrom'), errors);
}

const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'] as const;

function validateValueFrom(variable: EnvVar, from: EnvVarSource, path: FieldPath, errors: FieldError[]): void {
  if (from.fieldRef) validateFieldRef(from.fieldRef, ENV_FIELDS, ENV_SUBSCRIPTS, path.child('fieldRef'), errors);
  if (from.resourceFieldRef) validateResourceFieldRef(from.resourceFieldRef, false, path.child('resourceFieldRef'), errors);
  if (from.configMapKeyRef) validateKeyRef(from.configMapKeyRef, path.child('configMapKeyRef'), errors);
  if (from.secretKeyRef) validateKeyRef(from.secretKeyRef, path.child('secretKeyRef'), errors);
  if (from.fileKeyRef) validateFileKeyRef(from.fileKeyRef, path.child('fileKeyRef'), errors);
  const count = SOURCES.filter((source) => from[source] !== undefined).length;
  if (count === 0) {
    errors.push(
      fieldInvalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'),
    );
  } else if (variable.value) errors.push(fieldInvalid(path, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) errors.push(fieldInvalid(path, '', 'may not have more than one field specified at a time'));
}

function validateKeyRef({ name, key }: { name?: string; key: string }, path: FieldPath, errors: FieldError[]): void {
  errors.push(...validateByRule(name ?? '', isDns1123Subdomain, path.child('name')));
  if (!key) errors.push(fieldRequired(path.child('key')));
  else errors.push(...validateByRule(key, isConfigMapKey, path.child('key')));
}

function validateFileKeyRef(ref: FileKeySelector, path: FieldPath, errors: FieldError[]): void {
  if (!ref.volumeName) errors.push(fieldRequired(path.child('volumeName')));
  if (!ref.path) errors.push(fieldRequired(path.child('path')));
  else validateLocalPath(ref.path, path.child('path'), errors);
  if (!ref.key) errors.push(fieldRequired(path.child('key')));
  else errors.push(...validateByRule(ref.key, isRelaxedEnvVarName, path.child('key')));
}

/** How many sources there are is an error of the whole list: that is how the API has it. */
function validateEnvFrom(source: EnvFromSource, list: FieldPath, index: number, errors: FieldError[]): void {
  const path = list.index(index);
  if (source.prefix) errors.push(...validateByRule(source.prefix, isRelaxedEnvVarName, path.child('prefix')));
  const { configMapRef, secretRef } = source;
  if (configMapRef) errors.push(...validateReferenceName(configMapRef.name, nameIsDnsSubdomain, path.child('configMapRef', 'name')));
  if (secretRef) errors.push(...validateReferenceName(secretRef.name, nameIsDnsSubdomain, path.child('secretRef', 'name')));
  if (!configMapRef && !secretRef) errors.push(fieldInvalid(list, '', 'must specify one of: `configMapRef` or `secretRef`'));
  if (configMapRef && secretRef) errors.push(fieldInvalid(list, '', 'may not have more than one field specified at a time'));
}

/** Fields of the pod that can become variables. */
const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const ENV_SUBSCRIPTS = ['metadata.annotations', 'metadata.labels'];
const SUBSCRIPT = /^(.*)\['(.*)'\]$/s;
/** Fields of the pod that have a name in selectors and references, whether or not they may be used here. */
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...ENV_FIELDS,
  ...ENV_SUBSCRIPTS,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

/** Checks a reference to a field of the pod; `subscripts`: the maps of which one key can be taken. */
export function validateFieldRef(
  ref: ObjectFieldSelector,
  fields: readonly string[],
  subscripts: readonly string[],
  path: FieldPath,
  errors: FieldError[],
): void {
  const at = path.child('fieldPath');
  if (!ref.apiVersion) errors.push(fieldRequired(path.child('apiVersion')));
  else if (!ref.fieldPath) errors.push(fieldRequired(at));
  else {
    const [, map, key] = SUBSCRIPT.exec(ref.fieldPath) ?? [];
    if (map !== undefined && key !== undefined) validateSubscript(map, key, subscripts, path, errors);
    else if (!KNOWN_FIELDS.has(ref.fieldPath)) {
      errors.push(fieldInvalid(at, ref.fieldPath, `error converting fieldPath: field label not supported: ${ref.fieldPath}`));
    } else if (!fields.includes(ref.fieldPath)) errors.push(fieldNotSupported(at, ref.fieldPath, fields));
  }
}

function validateSubscript(map: string, key: string, subscripts: readonly string[], path: FieldPath, errors: FieldError[]): void {
  if (!subscripts.includes(map)) errors.push(fieldInvalid(path, map, 'does not support subscript'));
  else errors.push(...validateByRule(map === 'metadata.annotations' ? key.toLowerCase() : key, isQualifiedName, path));
}

const CONTAINER_FIELDS = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const HUGE_PAGES = /^(limits|requests)\.hugepages-/;
const BYTE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
const CPU_DIVISORS = ['1m', '1'];

/** Checks a reference to a resource of a container; in a volume the container has to be named. */
export function validateResourceFieldRef(ref: ResourceFieldSelector, inVolume: boolean, path: FieldPath, errors: FieldError[]): void {
  if (inVolume && !ref.containerName) errors.push(fieldRequired(path.child('containerName')));
  else if (!ref.resource) errors.push(fieldRequired(path.child('resource')));
  else if (!CONTAINER_FIELDS.includes(ref.resource) && !HUGE_PAGES.test(ref.resource)) {
    errors.push(fieldNotSupported(path.child('resource'), ref.resource, CONTAINER_FIELDS));
  }
  validateDivisor(ref, path.child('divisor'), errors);
}

function validateDivisor({ resource, divisor }: ResourceFieldSelector, path: FieldPath, errors: FieldError[]): void {
  if (divisor === undefined || divisor === '0' || divisor === '') return;
  const kind = resource.replace(/^(limits|requests)\./, '');
  const supported = kind === 'cpu' ? CPU_DIVISORS : BYTE_DIVISORS;
  const text = quantityOf(divisor)?.toString();
  if (text === undefined || !supported.includes(text)) {
    const list = kind === 'cpu' ? '1m and 1' : BYTE_DIVISORS.join(', ');
    const of = HUGE_PAGES.test(resource) ? 'hugepages' : kind === 'ephemeral-storage' ? 'local ephemeral storage' : kind;
    errors.push(fieldInvalid(path, resource, `only divisor's values ${list} are supported with the ${of} resource`));
  }
}
