import {
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isDns1035Label,
  validateByRule,
  validateMaxItems,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { validateStructuralSchema } from './structural-schema.ts';
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from '../generated/apiextensions-v1.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['binary', 'bool', 'byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const MAX_WARNING_LENGTH = 256;
const MAX_SELECTABLE_FIELDS = 8;

/** What is wrong with one version of a definition. */
export function validateVersion(version: CustomResourceDefinitionVersion, path: FieldPath): FieldError[] {
  const errors = validateByRule(version.name ?? '', isDns1035Label, path.child('name'));
  errors.push(...validateDeprecation(version, path.child('deprecationWarning')));
  const schemaPath = path.child('schema', 'openAPIV3Schema');
  const schema = version.schema?.openAPIV3Schema;
  if (schema === undefined) errors.push(fieldRequired(schemaPath, 'schemas are required'));
  else errors.push(...validateStructuralSchema(schema, schemaPath));
  if (version.subresources !== undefined) errors.push(...validateSubresources(version.subresources, path.child('subresources')));
  const columnsPath = path.child('additionalPrinterColumns');
  errors.push(...(version.additionalPrinterColumns ?? []).flatMap((column, i) => validateColumn(column, columnsPath.index(i))));
  const selectable = version.selectableFields ?? [];
  errors.push(...validateMaxItems(selectable, MAX_SELECTABLE_FIELDS, path.child('selectableFields')));
  return [
    ...errors,
    ...selectable.flatMap(({ jsonPath }, i) => validatePath(jsonPath, '.', path.child('selectableFields').index(i).child('jsonPath'))),
  ];
}

function validateDeprecation({ deprecated, deprecationWarning }: CustomResourceDefinitionVersion, path: FieldPath): FieldError[] {
  if (deprecationWarning === undefined) return [];
  const errors: FieldError[] = [];
  if (deprecated !== true) errors.push(fieldInvalid(path, deprecationWarning, 'can only be set for deprecated versions'));
  if (deprecationWarning.trim() !== deprecationWarning)
    errors.push(fieldInvalid(path, deprecationWarning, 'must not begin or end with whitespace'));
  if (deprecationWarning === '') errors.push(fieldInvalid(path, deprecationWarning, 'must not be empty'));
  if (Buffer.byteLength(deprecationWarning) > MAX_WARNING_LENGTH) {
    errors.push(fieldInvalid(path, deprecationWarning, `must be <= ${MAX_WARNING_LENGTH} bytes long`));
  }
  return errors;
}

function validateSubresources({ scale }: CustomResourceSubresources, path: FieldPath): FieldError[] {
  if (scale === undefined) return [];
  const at = path.child('scale');
  const errors = [
    ...validatePath(scale.specReplicasPath, '.spec.', at.child('specReplicasPath')),
    ...validatePath(scale.statusReplicasPath, '.status.', at.child('statusReplicasPath')),
  ];
  const selector = scale.labelSelectorPath;
  if (selector && !selector.startsWith('.spec.') && !selector.startsWith('.status.')) {
    errors.push(fieldInvalid(at.child('labelSelectorPath'), selector, 'should be a json path under either .status or .spec'));
  }
  return errors;
}

function validatePath(value: string | undefined, prefix: string, path: FieldPath): FieldError[] {
  if (!value) return [fieldRequired(path)];
  if (value.includes('[]') || !value.startsWith('.')) return [fieldInvalid(path, value, 'is an invalid path: does not start with .')];
  return value.startsWith(prefix) ? [] : [fieldInvalid(path, value, `should be a json path under ${prefix.slice(0, -1)}`)];
}

function validateColumn({ name, type, format, jsonPath }: CustomResourceColumnDefinition, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(fieldRequired(path.child('name')));
  if (!type) errors.push(fieldRequired(path.child('type'), `must be one of ${COLUMN_TYPES.join(',')}`));
  else if (!COLUMN_TYPES.includes(type)) errors.push(fieldInvalid(path.child('type'), type, `must be one of ${COLUMN_TYPES.join(',')}`));
  if (format && !COLUMN_FORMATS.includes(format)) errors.push(fieldNotSupported(path.child('format'), format, COLUMN_FORMATS));
  if (!jsonPath) errors.push(fieldRequired(path.child('jsonPath')));
  return errors;
}
