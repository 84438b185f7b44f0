import {
  fieldRequired,
  isDns1123Subdomain,
  isQualifiedName,
  root,
  validateByRule,
  validateMaxItems,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { DeviceClass, DeviceSelector, DeviceConfiguration } from '../generated/resource-v1.ts';

const specPath = root.child('spec');
const MAX_SELECTORS = 32;
const MAX_CONFIG = 32;

/** What is wrong with a class of devices. */
export function validateDeviceClass({ spec }: DeviceClass): FieldError[] {
  const errors = validateSelectors(spec.selectors ?? [], specPath.child('selectors'));
  errors.push(...validateMaxItems(spec.config, MAX_CONFIG, specPath.child('config')));
  errors.push(...(spec.config ?? []).flatMap((config, i) => validateDeviceConfiguration(config, specPath.child('config').index(i))));
  if (spec.extendedResourceName !== undefined) {
    errors.push(...validateByRule(spec.extendedResourceName, isQualifiedName, specPath.child('extendedResourceName')));
  }
  return errors;
}

/** Expressions that a device must meet. */
export function validateSelectors(selectors: readonly DeviceSelector[], path: FieldPath): FieldError[] {
  return [
    ...validateMaxItems(selectors, MAX_SELECTORS, path),
    ...selectors.flatMap(({ cel }, i) => {
      if (cel === undefined) return [fieldRequired(path.index(i).child('cel'))];
      return cel.expression ? [] : [fieldRequired(path.index(i).child('cel', 'expression'))];
    }),
  ];
}

/** Configuration for the driver of a device. */
export function validateDeviceConfiguration({ opaque }: DeviceConfiguration, path: FieldPath): FieldError[] {
  const opaquePath = path.child('opaque');
  if (opaque === undefined) return [fieldRequired(opaquePath)];
  const errors = validateDriverName(opaque.driver, opaquePath.child('driver'));
  if (opaque.parameters === undefined) errors.push(fieldRequired(opaquePath.child('parameters')));
  return errors;
}

/** The name of a driver: a domain name. */
export function validateDriverName(name: string | undefined, path: FieldPath): FieldError[] {
  return name ? validateByRule(name, isDns1123Subdomain, path) : [fieldRequired(path)];
}
