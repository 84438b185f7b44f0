import { fieldForbidden, fieldInvalid, fieldRequired, type FieldError, type FieldPath } from '#apimachinery';
import type { JSONSchemaProps } from '../generated/apiextensions-v1.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const NESTED_FORBIDDEN = ['description', 'type', 'default', 'additionalProperties', 'nullable', 'title'] as const;
const NEVER = ['$ref', '$schema', 'id', 'definitions', 'dependencies', 'patternProperties', 'additionalItems'] as const;

type Place = 'root' | 'property' | 'item';

/** Whether a schema is structural: every place in an object has one type, written where the place is. */
export function validateStructuralSchema(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  return validateSchema(schema, 'root', path);
}

function validateSchema(schema: JSONSchemaProps, place: Place, path: FieldPath): FieldError[] {
  return [
    ...validateType(schema, place, path.child('type')),
    ...validateForbidden(schema, path),
    ...validateChildren(schema, path),
    ...validateLists(schema, path),
    ...validateLogic(schema, path),
    ...validateRules(schema, path.child('x-kubernetes-validations')),
  ];
}

function validateType(schema: JSONSchemaProps, place: Place, path: FieldPath): FieldError[] {
  const { type } = schema;
  if (!type) {
    const untyped = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
    if (place !== 'root' && untyped) return [];
    const where = { root: 'at the root', property: 'for specified object fields', item: 'for specified array items' }[place];
    return [fieldRequired(path, `must not be empty ${where}`)];
  }
  if (!TYPES.includes(type)) return [fieldInvalid(path, type, `must be one of ${TYPES.join(', ')}`)];
  return place === 'root' && type !== 'object' ? [fieldInvalid(path, type, 'must be object at the root')] : [];
}

function validateForbidden(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const errors = NEVER.filter((field) => schema[field] !== undefined).map((field) =>
    fieldForbidden(path.child(field), `${field} is not supported`),
  );
  if (schema.uniqueItems === true) {
    errors.push(
      fieldForbidden(path.child('uniqueItems'), 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'),
    );
  }
  if (schema.additionalProperties !== undefined && schema.properties !== undefined && Object.keys(schema.properties).length > 0) {
    errors.push(fieldForbidden(path.child('additionalProperties'), 'additionalProperties and properties are mutual exclusive'));
  }
  if (schema.additionalProperties === false) {
    errors.push(fieldForbidden(path.child('additionalProperties'), 'additionalProperties cannot be set to false'));
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(fieldInvalid(path.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
  }
  if (schema['x-kubernetes-embedded-resource'] === true && schema.type !== 'object') {
    errors.push(fieldInvalid(path.child('type'), schema.type ?? '', 'must be object if x-kubernetes-embedded-resource is true'));
  }
  return errors;
}

function validateChildren(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    errors.push(...validateSchema(child, 'property', path.child('properties').key(name)));
  }
  if (typeof schema.additionalProperties === 'object') {
    errors.push(...validateSchema(schema.additionalProperties, 'property', path.child('additionalProperties')));
  }
  if (Array.isArray(schema.items)) errors.push(fieldForbidden(path.child('items'), 'items must be a schema object and not an array'));
  else if (schema.items !== undefined) errors.push(...validateSchema(schema.items, 'item', path.child('items')));
  else if (schema.type === 'array') errors.push(fieldRequired(path.child('items'), 'must be specified'));
  return errors;
}

function validateLists(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const keysPath = path.child('x-kubernetes-list-map-keys');
  if (listType === undefined)
    return keys.length === 0
      ? []
      : [fieldRequired(path.child('x-kubernetes-list-type'), 'must be map if x-kubernetes-list-map-keys is non-empty')];
  const errors: FieldError[] = [];
  if (schema.type !== 'array')
    errors.push(fieldInvalid(path.child('type'), schema.type ?? '', 'must be array if x-kubernetes-list-type is specified'));
  if (!['atomic', 'set', 'map'].includes(listType))
    errors.push(fieldInvalid(path.child('x-kubernetes-list-type'), listType, 'must be one of atomic, set, map'));
  if (listType !== 'map') {
    if (keys.length > 0)
      errors.push(fieldInvalid(path.child('x-kubernetes-list-type'), listType, 'must be map if x-kubernetes-list-map-keys is non-empty'));
    return errors;
  }
  if (keys.length === 0) errors.push(fieldRequired(keysPath, 'must not be empty if x-kubernetes-list-type is map'));
  const properties = Array.isArray(schema.items) ? undefined : schema.items?.properties;
  for (const [i, key] of keys.entries()) {
    if (properties?.[key] === undefined) errors.push(fieldInvalid(keysPath.index(i), key, 'entries must all be names of item properties'));
    if (keys.indexOf(key) < i) errors.push(fieldInvalid(keysPath.index(i), key, 'must be unique'));
  }
  return errors;
}

/** Within allOf, anyOf, oneOf and not, values are restricted but places are not described. */
function validateLogic(schema: JSONSchemaProps, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [i, nested] of (schema[field] ?? []).entries()) errors.push(...validateNested(nested, schema, path.child(field).index(i)));
  }
  if (schema.not !== undefined) errors.push(...validateNested(schema.not, schema, path.child('not')));
  return errors;
}

function validateNested(nested: JSONSchemaProps, owner: JSONSchemaProps, path: FieldPath): FieldError[] {
  const typesAllowed = owner['x-kubernetes-int-or-string'] === true;
  const errors = NESTED_FORBIDDEN.filter((field) => nested[field] !== undefined && !(typesAllowed && field === 'type')).map((field) =>
    fieldForbidden(path.child(field), 'must be empty to be structural'),
  );
  for (const [name, child] of Object.entries(nested.properties ?? {})) {
    errors.push(...validateNested(child, child, path.child('properties').key(name)));
  }
  if (nested.items !== undefined && !Array.isArray(nested.items))
    errors.push(...validateNested(nested.items, nested.items, path.child('items')));
  return [...errors, ...validateLogic(nested, path)];
}

function validateRules({ 'x-kubernetes-validations': rules = [] }: JSONSchemaProps, path: FieldPath): FieldError[] {
  return rules.flatMap(({ rule, message, fieldPath, messageExpression }, i) => {
    const at = path.index(i);
    const errors: FieldError[] = [];
    if (!rule?.trim()) errors.push(fieldRequired(at.child('rule'), 'rule is not specified'));
    if (message !== undefined && message !== '' && message.trim() === '')
      errors.push(fieldInvalid(at.child('message'), message, 'message must be non-empty if specified'));
    if (message?.includes('\n')) errors.push(fieldInvalid(at.child('message'), message, 'message must not contain line breaks'));
    if (rule?.includes('\n') && !message && !messageExpression)
      errors.push(fieldRequired(at.child('message'), 'message must be specified if rule contains line breaks'));
    if (fieldPath !== undefined && fieldPath !== '' && !/^[.[]/.test(fieldPath))
      errors.push(fieldInvalid(at.child('fieldPath'), fieldPath, 'fieldPath must be a valid path'));
    return errors;
  });
}
