import {
  fieldInvalid,
  fieldRequired,
  isQualifiedName,
  root,
  validateByRule,
  validateImmutable,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../generated/core-v1.ts';
import { validateAmount } from './pod/validate-resources.ts';
import type { ResourceList } from './resource-list.ts';

const SPEC = root.child('spec');
const QUOTA_RESOURCES: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);
const SCOPES: ReadonlySet<string> = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
]);
const OPERATORS: ReadonlySet<string> = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']);
/** What a scope that selects pods can count. */
const POD_RESOURCES: ReadonlySet<string> = new Set([
  'pods',
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]);
const PAIRS_IN_CONFLICT = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

/** Checks names, amounts and scopes. */
export function validateResourceQuota({ spec }: ResourceQuota): FieldError[] {
  const errors: FieldError[] = [];
  validateList(spec.hard, SPEC.child('hard'), errors);
  validateScopes(spec, errors);
  spec.scopeSelector?.matchExpressions?.forEach((requirement, index) => {
    validateRequirement(requirement, SPEC.child('scopeSelector', 'matchExpressions').index(index), errors);
  });
  return errors;
}

/** Scopes stay as they were. */
export function validateResourceQuotaUpdate({ spec }: ResourceQuota, { spec: old }: ResourceQuota): FieldError[] {
  const same = (a: readonly string[] = [], b: readonly string[] = []): boolean => [...a].sort().join() === [...b].sort().join();
  return same(spec.scopes, old.scopes) ? [] : validateImmutable(spec.scopes, old.scopes, SPEC.child('scopes'));
}

/** Checks what the controller counted. */
export function validateResourceQuotaStatus({ metadata, status }: ResourceQuota): FieldError[] {
  const errors: FieldError[] = [];
  if (!metadata.resourceVersion) errors.push(fieldRequired('resourceVersion'));
  validateList(status.hard, root.child('status', 'hard'), errors);
  validateList(status.used, root.child('status', 'used'), errors);
  return errors;
}

function validateList(list: ResourceList | undefined, path: FieldPath, errors: FieldError[]): void {
  for (const name in list) {
    const at = path.key(name);
    errors.push(...validateByRule(name, isQualifiedName, at));
    if (!name.includes('/') && !QUOTA_RESOURCES.has(name) && !/^(requests\.)?hugepages-/.test(name)) {
      errors.push(fieldInvalid(at, name, 'must be a standard resource for quota'));
    }
    validateAmount(name.startsWith('count/') ? 'pods' : name, list[name], at, errors);
  }
}

function validateScopes(spec: ResourceQuotaSpec, errors: FieldError[]): void {
  const scopes = spec.scopes ?? [];
  const path = SPEC.child('scopes');
  for (const scope of scopes) {
    if (!SCOPES.has(scope)) errors.push(fieldInvalid(path, scopes, 'unsupported scope'));
    for (const resource in spec.hard) {
      if (isCountable(scope, resource)) continue;
      errors.push(fieldInvalid(path, scopes, 'unsupported scope applied to resource'));
    }
  }
  if (PAIRS_IN_CONFLICT.some((pair) => pair.every((scope) => scopes.includes(scope)))) {
    errors.push(fieldInvalid(path, scopes, 'conflicting scopes'));
  }
}

function isCountable(scope: string, resource: string): boolean {
  if (!QUOTA_RESOURCES.has(resource)) return true;
  if (scope === 'BestEffort') return resource === 'pods';
  if (scope === 'VolumeAttributesClass') return resource === 'persistentvolumeclaims' || resource === 'requests.storage';
  return POD_RESOURCES.has(resource);
}

function validateRequirement(
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (!SCOPES.has(scopeName)) errors.push(fieldInvalid(path.child('scopeName'), scopeName, 'unsupported scope'));
  const takesValues = scopeName === 'PriorityClass' || scopeName === 'VolumeAttributesClass';
  if (SCOPES.has(scopeName) && !takesValues && operator !== 'Exists') {
    const text =
      "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    errors.push(fieldInvalid(path.child('operator'), operator, text));
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(fieldRequired(path.child('values'), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
    }
  } else if (OPERATORS.has(operator)) {
    if (values.length > 0) {
      errors.push(
        fieldInvalid(path.child('values'), values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"),
      );
    }
  } else errors.push(fieldInvalid(path.child('operator'), operator, 'not a valid selector operator'));
}
