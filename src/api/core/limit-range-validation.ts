import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  isQualifiedName,
  root,
  validateByRule,
  type FieldError,
  type FieldPath,
  type Quantity,
} from '#apimachinery';
import type { LimitRange, LimitRangeItem } from '../generated/core-v1.ts';
import { isExtendedResource, isStandardResource, validateAmount } from './pod/validate-resources.ts';

/** Checks names and amounts, and that minimum, defaults and maximum are in this order. */
export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const errors: FieldError[] = [];
  const types = new Set<string>();
  (spec.limits ?? []).forEach((item, index) => {
    const path = root.child('spec', 'limits').index(index);
    errors.push(...validateByRule(item.type ?? '', isQualifiedName, path.child('type')));
    if (types.has(item.type)) errors.push(fieldDuplicate(path.child('type'), item.type));
    types.add(item.type);
    validateItem(item, path, errors);
  });
  return errors;
}

const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
type Amounts = Partial<Record<(typeof LISTS)[number], Quantity>>;

function validateItem(item: LimitRangeItem, path: FieldPath, errors: FieldError[]): void {
  if (item.type === 'Pod') {
    for (const list of ['default', 'defaultRequest'] as const) {
      if (Object.keys(item[list] ?? {}).length > 0)
        errors.push(fieldForbidden(path.child(list), "may not be specified when `type` is 'Pod'"));
    }
  }
  if (item.type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined) {
    errors.push(fieldRequired(path.child('limits'), 'either minimum or maximum storage value is required, but neither was provided'));
  }
  for (const [resource, amounts] of amountsByResource(item, path, errors)) validateOrder(item, resource, amounts, path, errors);
}

function amountsByResource(item: LimitRangeItem, path: FieldPath, errors: FieldError[]): Map<string, Amounts> {
  const byResource = new Map<string, Amounts>();
  for (const list of LISTS) {
    for (const resource in item[list]) {
      const at = path.child(list).key(resource);
      validateResourceName(resource, at, errors);
      const amounts = byResource.get(resource) ?? {};
      const amount = validateAmount(list === 'maxLimitRequestRatio' ? '' : resource, item[list]?.[resource], at, errors);
      if (amount !== undefined) amounts[list] = amount;
      byResource.set(resource, amounts);
    }
  }
  return byResource;
}

/** Checks the name of a resource in a place where any standard one may stand. */
function validateResourceName(name: string, path: FieldPath, errors: FieldError[]): void {
  errors.push(...validateByRule(name, isQualifiedName, path));
  if (!name.includes('/') && !isStandardResource(name)) {
    errors.push(fieldInvalid(path, name, 'must be a standard resource type or fully qualified'));
  }
}

/** Each pair: the first may not be above the second; the error stands at the field named third. */
const ORDER = [
  ['min', 'max', 'min', 'min value', 'max value'],
  ['min', 'defaultRequest', 'defaultRequest', 'min value', 'default request value'],
  ['defaultRequest', 'max', 'defaultRequest', 'default request value', 'max value'],
  ['defaultRequest', 'default', 'defaultRequest', 'default request value', 'default limit value'],
  ['min', 'default', 'default', 'min value', 'default value'],
  ['default', 'max', 'default', 'default value', 'max value'],
] as const;

function validateOrder(item: LimitRangeItem, resource: string, amounts: Amounts, path: FieldPath, errors: FieldError[]): void {
  for (const [low, high, field, lowText, highText] of ORDER) {
    const below = amounts[low];
    const above = amounts[high];
    if (below === undefined || above === undefined || below.compare(above) <= 0) continue;
    const text = `${lowText} ${below.toString()} is greater than ${highText} ${above.toString()}`;
    errors.push(fieldInvalid(path.child(field).key(resource), item[field]?.[resource], text));
  }
  if (amounts.maxLimitRequestRatio)
    validateRatio(amounts.maxLimitRequestRatio, amounts, path.child('maxLimitRequestRatio').key(resource), errors);
  const fixed = amounts.default ?? amounts.defaultRequest;
  if (isExtendedResource(resource) && fixed && amounts.default?.compare(amounts.defaultRequest ?? fixed) !== 0) {
    const text = `default value ${amounts.default?.toString() ?? ''} must equal to defaultRequest value ${amounts.defaultRequest?.toString() ?? ''} in ${resource}`;
    errors.push(fieldInvalid(path.child('defaultRequest').key(resource), item.defaultRequest?.[resource], text));
  }
}

function validateRatio(ratio: Quantity, { min, max }: Amounts, path: FieldPath, errors: FieldError[]): void {
  if (ratio.milliValue() < 1000) errors.push(fieldInvalid(path, ratio.toString(), `ratio ${ratio.toString()} is less than 1`));
  if (min === undefined || max === undefined || min.isZero()) return;
  const possible = Number(max.nanoValue()) / Number(min.nanoValue());
  if (ratio.milliValue() / 1000 > possible) {
    errors.push(fieldInvalid(path, ratio.toString(), `ratio ${ratio.toString()} is greater than max/min = ${possible.toFixed(6)}`));
  }
}
