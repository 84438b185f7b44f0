import type { ScalarDescription } from '#api';
import type { JsonSchema } from './served-kind.ts';

/** The second or the third version of OpenAPI. */
export type Dialect = 2 | 3;

/** The types that stand in documents under a name of their own, though JSON shows them as one value. */
const NAMED: Readonly<Partial<Record<ScalarDescription['scalar'], string>>> = {
  Time: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
  MicroTime: 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime',
  Quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  IntOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  RawExtension: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
  FieldsV1: 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1',
  JSON: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON',
  JSONSchemaPropsOrArray: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray',
  JSONSchemaPropsOrBool: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool',
  JSONSchemaPropsOrStringArray: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray',
};

/** The name under which a value of this type is defined, if it is. */
export const scalarName = (type: ScalarDescription): string | undefined => NAMED[type.scalar];

const QUANTITY =
  'An amount of a resource: a decimal number with an optional suffix, which is decimal (n, u, m, k, M, G, T, P, E), ' +
  'binary (Ki, Mi, Gi, Ti, Pi, Ei) or an exponent (e3). No number is larger than 2^63-1 or finer than a billionth. ' +
  'It is shown in canonical form, with the largest suffix that needs no fraction.';
const DEFINITIONS: Readonly<Record<string, (dialect: Dialect) => JsonSchema>> = {
  Time: () => ({ description: 'A moment in time, as RFC 3339 writes it.', format: 'date-time', type: 'string' }),
  MicroTime: () => ({ description: 'A moment in time, with microseconds.', format: 'date-time', type: 'string' }),
  Quantity: (dialect) => ({ description: QUANTITY, ...oneOf(dialect, 'string', 'number') }),
  IntOrString: (dialect) => ({
    description: 'A number or a string; where both are allowed, a string is usually a name or a percentage.',
    format: 'int-or-string',
    ...oneOf(dialect, 'integer', 'string'),
  }),
  RawExtension: () => ({ description: 'An object of any kind.', type: 'object' }),
  FieldsV1: () => ({
    description:
      "A set of fields, as a trie. A key is 'f:<name>' for a field, 'k:<keys>' for an item of a list with keys, 'v:<value>' " +
      "for an item of a set, 'i:<index>' for a position in a list, or '.' for the value itself.",
    type: 'object',
  }),
  JSON: () => ({ description: 'Any JSON value.' }),
  JSONSchemaPropsOrArray: () => ({ description: 'A schema or an array of schemas.' }),
  JSONSchemaPropsOrBool: () => ({ description: 'A schema or a boolean value.' }),
  JSONSchemaPropsOrStringArray: () => ({ description: 'A schema or an array of strings.' }),
};

/** The second version of OpenAPI knows no alternatives: there it is the string. */
function oneOf(dialect: Dialect, first: string, second: string): JsonSchema {
  return dialect === 3 ? { oneOf: [{ type: first }, { type: second }] } : { type: 'string' };
}

/** What stands under `scalarName`. */
export function scalarDefinition(type: ScalarDescription, dialect: Dialect): JsonSchema {
  return DEFINITIONS[type.scalar]?.(dialect) ?? {};
}

/** The schema of a value that is not defined under a name. */
export function inlineScalar(type: ScalarDescription): JsonSchema {
  switch (type.scalar) {
    case 'bool':
      return { type: 'boolean' };
    case 'int32':
    case 'int64':
      return { format: type.scalar, type: 'integer' };
    case 'float64':
      return { format: 'double', type: 'number' };
    case 'bytes':
      return { format: 'byte', type: 'string' };
    case 'any':
      return {};
    default:
      return type.enum === undefined || type.enum.length === 0 ? { type: 'string' } : { enum: [...type.enum].sort(), type: 'string' };
  }
}

/** What a value that is left out stands for, as the third version tells it; undefined for nothing worth telling. */
export function zeroOf(type: ScalarDescription): unknown {
  if (scalarName(type) !== undefined) return {};
  if (type.scalar === 'bool') return false;
  if (type.scalar === 'string') return '';
  return /^(int|float)/.test(type.scalar) ? 0 : undefined;
}
