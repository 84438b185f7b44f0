import {
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  fieldDuplicate,
  fieldNotFound,
  fieldNotSupported,
  isDns1123Label,
  isQualifiedName,
  parseQuantity,
  validateByRule,
  type FieldError,
  type FieldPath,
  type Quantity,
} from '#apimachinery';
import type { Container, PodSpec, ResourceRequirements } from '../../generated/core-v1.ts';
import { quantityOf, type ResourceList } from '../resource-list.ts';
import { containerRequests } from './pod-resources.ts';

const CONTAINER_RESOURCES: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);
const POD_RESOURCES: ReadonlySet<string> = new Set(['cpu', 'memory']);
/** Beside those of containers, the names without domain that resources have anywhere in the API. */
const STANDARD_RESOURCES: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'requests.storage',
  'services.nodeports',
  'services.loadbalancers',
]);
const HUGE_PAGES = 'hugepages-';
const MINUS = 'must be greater than or equal to 0';

/** Checks what a container asks for: names, amounts, and that no request is beyond its limit. */
export function validateContainerResources(container: Container, spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const { resources } = container;
  if (resources === undefined) return;
  validateRequirements(resources, validateContainerResourceName, path, errors);
  validateResourceClaimUse(resources, spec, path.child('claims'), errors);
}

/** Checks what a pod asks for as a whole. */
export function validatePodResources(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  if (spec.resources === undefined) return;
  if (spec.resources.claims?.length) errors.push(fieldForbidden(path.child('claims'), 'claims cannot be set for Resources at pod-level'));
  validateRequirements(spec.resources, validatePodResourceName, path, errors);
  validateConsistency(spec, spec.resources, path, errors);
}

/** The pod as a whole requests no less than its containers together, and none of them has a higher limit. */
function validateConsistency(spec: PodSpec, resources: ResourceRequirements, path: FieldPath, errors: FieldError[]): void {
  for (const [name, together] of containerRequests(spec)) {
    const request = quantityOf(resources.requests?.[name] ?? '0');
    if (request === undefined || together.compare(request) <= 0) continue;
    const text = `must be greater than or equal to aggregate container requests of ${together.toString()}`;
    errors.push(fieldInvalid(path.child('requests').key(name), request.toString(), text));
  }
  spec.containers.forEach((container, index) => {
    for (const name in container.resources?.limits) {
      const limit = quantityOf(container.resources.limits[name]);
      const most = quantityOf(resources.limits?.[name]);
      if (limit === undefined || most === undefined || limit.compare(most) <= 0) continue;
      const at = path.child('containers').index(index).key(name).child('limits');
      errors.push(fieldInvalid(at, limit.toString(), `must be less than or equal to pod limits of ${most.toString()}`));
    }
  });
}

/** Checks a list of amounts, such as a pod's overhead. */
export function validateResourceAmounts(list: ResourceList | undefined, path: FieldPath, errors: FieldError[]): void {
  for (const name in list) {
    validateContainerResourceName(name, path.key(name), errors);
    validateAmount(name, list[name], path.key(name), errors);
  }
}

/** Checks an amount: a quantity, not negative, whole where the resource is counted. Answers with the parsed amount. */
export function validateAmount(name: string, text: string | undefined, path: FieldPath, errors: FieldError[]): Quantity | undefined {
  const quantity = validateQuantity(text, path, errors);
  if (quantity === undefined) return undefined;
  if (quantity.sign() < 0) errors.push(fieldInvalid(path, quantity.toString(), MINUS));
  if (isCounted(name) && quantity.milliValue() % 1000 !== 0) errors.push(fieldInvalid(path, quantity.toString(), 'must be an integer'));
  return quantity;
}

/** Checks that a text is a quantity. */
function validateQuantity(text: string | undefined, path: FieldPath, errors: FieldError[]): Quantity | undefined {
  try {
    return parseQuantity(text ?? '0');
  } catch (error) {
    errors.push(fieldInvalid(path, text, error instanceof Error ? error.message : String(error)));
    return undefined;
  }
}

/** Has the name a domain that is not Kubernetes' own? */
export function isExtendedResource(name: string): boolean {
  return name.includes('/') && !isNative(name) && !name.startsWith('requests.');
}

/** Is the name without domain one that the API knows? */
export function isStandardResource(name: string): boolean {
  return STANDARD_RESOURCES.has(name) || name.startsWith(HUGE_PAGES) || name.startsWith(`requests.${HUGE_PAGES}`);
}

type CheckName = (name: string, path: FieldPath, errors: FieldError[]) => void;

function validateRequirements(resources: ResourceRequirements, checkName: CheckName, path: FieldPath, errors: FieldError[]): void {
  const { limits, requests } = resources;
  if (limits === undefined && requests === undefined) return;
  const limitsPath = path.child('limits');
  const requestsPath = path.child('requests');
  const amounts = new Map<string, Quantity>();
  for (const name in limits) {
    checkName(name, limitsPath.key(name), errors);
    const amount = validateAmount(name, limits[name], limitsPath.key(name), errors);
    if (amount !== undefined) amounts.set(name, amount);
  }
  for (const name in requests) {
    checkName(name, requestsPath.key(name), errors);
    const amount = validateAmount(name, requests[name], requestsPath.key(name), errors);
    if (amount !== undefined) validateWithinLimit(name, amount, amounts.get(name), path, errors);
  }
  validateHugePages(resources, path, errors);
}

function validateWithinLimit(name: string, request: Quantity, limit: Quantity | undefined, path: FieldPath, errors: FieldError[]): void {
  const overcommit = isNative(name) && !name.startsWith(HUGE_PAGES);
  if (limit === undefined) {
    if (!overcommit) errors.push(fieldRequired(path.child('limits'), 'Limit must be set for non overcommitable resources'));
    return;
  }
  const difference = request.compare(limit);
  const at = path.child('requests');
  if (!overcommit && difference !== 0) {
    errors.push(fieldInvalid(at, request.toString(), `must be equal to ${name} limit of ${limit.toString()}`));
  } else if (overcommit && difference > 0) {
    errors.push(fieldInvalid(at, request.toString(), `must be less than or equal to ${name} limit of ${limit.toString()}`));
  }
}

/** Huge pages alone would leave a container without ordinary memory to run in. */
function validateHugePages({ limits = {}, requests = {} }: ResourceRequirements, path: FieldPath, errors: FieldError[]): void {
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (!names.some((name) => name.startsWith(HUGE_PAGES))) return;
  if (!names.includes('cpu') && !names.includes('memory')) errors.push(fieldForbidden(path, 'HugePages require cpu or memory'));
}

const validateContainerResourceName: CheckName = (name, path, errors) => {
  if (CONTAINER_RESOURCES.has(name)) return;
  for (const text of isQualifiedName(name)) errors.push(fieldInvalid(path, name, text));
  if (name.includes('/')) {
    if (!isNative(name) && !isExtendedResource(name))
      errors.push(fieldInvalid(path, name, "doesn't follow extended resource name standard"));
    return;
  }
  if (!isStandardResource(name)) errors.push(fieldInvalid(path, name, 'must be a standard resource type or fully qualified'));
  if (!name.startsWith(HUGE_PAGES)) errors.push(fieldInvalid(path, name, 'must be a standard resource for containers'));
};

const validatePodResourceName: CheckName = (name, path, errors) => {
  if (POD_RESOURCES.has(name) || name.startsWith(HUGE_PAGES)) return;
  for (const text of isQualifiedName(name)) errors.push(fieldInvalid(path, name, text));
  errors.push(fieldNotSupported(path, name, [...POD_RESOURCES].sort()));
};

function validateResourceClaimUse({ claims }: ResourceRequirements, spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const seen = new Set<string>();
  claims?.forEach(({ name, request }, index) => {
    const at = path.index(index);
    if (!name) errors.push(fieldRequired(at));
    else if (!spec.resourceClaims?.some((claim) => claim.name === name)) errors.push(fieldNotFound(at.child('name'), name));
    if (request) errors.push(...validateByRule(request, isDns1123Label, at.child('request')));
    const key = request ? `${name}/${request}` : name;
    if (seen.has(key) || seen.has(name)) errors.push(fieldDuplicate(at, key));
    seen.add(key);
  });
}

function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

function isCounted(name: string): boolean {
  return isExtendedResource(name) || COUNTED.has(name);
}

const COUNTED: ReadonlySet<string> = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);
