import { parseQuantity } from '#apimachinery';
import { MISMATCH } from './scalars.ts';
import * as scalars from './scalars.ts';
import type { ScalarDescription, StructDescription, TypeDescription } from './types.ts';

/** Where a value stands: the struct that has the field, and the names on the way there, without list indices. */
interface Place {
  struct: string;
  path: string;
}

/**
 * The message for the first value of a wrong type, in the words of Go's decoder; undefined when all fit. Slow: used
 * when a decoder has refused the value.
 */
export function explainMismatch(struct: StructDescription, value: unknown): string | undefined {
  return inStruct(struct, value, undefined);
}

function inStruct(struct: StructDescription, value: unknown, place: Place | undefined): string | undefined {
  if (value === null) return undefined;
  if (!isObject(value)) return wrongType(value, `${struct.version}.${struct.name}`, place);
  const fields = new Map(struct.fields.map((field) => [field.name, field]));
  for (const [name, item] of Object.entries(value)) {
    const field = fields.get(name);
    if (field === undefined || item === null || item === undefined) continue;
    const path = place === undefined ? name : `${place.path}.${name}`;
    const message = inValue(field.type, item, { struct: struct.name, path });
    if (message !== undefined) return message;
  }
  return undefined;
}

function inValue(type: TypeDescription, value: unknown, place: Place): string | undefined {
  if (value === null) return undefined;
  if (type.form === 'struct') return inStruct(type.struct, value, place);
  if (type.form === 'list') return Array.isArray(value) ? first(value, type.element, place) : wrongType(value, goName(type), place);
  if (type.form === 'map') {
    return isObject(value) ? first(Object.values(value), type.element, place) : wrongType(value, goName(type), place);
  }
  return inScalar(type, value, place);
}

function first(values: readonly unknown[], type: TypeDescription, place: Place): string | undefined {
  for (const value of values) {
    const message = inValue(type, value, place);
    if (message !== undefined) return message;
  }
  return undefined;
}

const PLAIN = { string: scalars.string, bool: scalars.bool, int32: scalars.int32, int64: scalars.int64, float64: scalars.float64 };

function inScalar(type: ScalarDescription, value: unknown, place: Place): string | undefined {
  switch (type.scalar) {
    case 'Quantity':
      return quantityProblem(value);
    case 'Time':
    case 'MicroTime':
      return timeProblem(type.scalar, value);
    case 'bytes':
      return fits(scalars.bytes, value) ? undefined : bytesProblem(value, place);
    case 'IntOrString':
      return typeof value === 'string' || fits(scalars.int32, value) ? undefined : wrongType(value, 'int32', undefined);
    case 'FieldsV1':
      return isObject(value) ? undefined : wrongType(value, type.goName, place);
    case 'RawExtension':
    case 'JSON':
    case 'any':
    case 'JSONSchemaPropsOrArray':
    case 'JSONSchemaPropsOrBool':
    case 'JSONSchemaPropsOrStringArray':
      return undefined;
    default:
      return fits(PLAIN[type.scalar], value) ? undefined : wrongType(value, type.goName, place);
  }
}

function fits(check: (value: unknown) => unknown, value: unknown): boolean {
  try {
    check(value);
    return true;
  } catch (error) {
    if (error === MISMATCH) return false;
    throw error;
  }
}

function quantityProblem(value: unknown): string | undefined {
  try {
    parseQuantity(typeof value === 'number' ? value : typeof value === 'string' ? value : JSON.stringify(value));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const LAYOUTS = { Time: '2006-01-02T15:04:05Z07:00', MicroTime: '2006-01-02T15:04:05.000000Z07:00' };

function timeProblem(scalar: 'Time' | 'MicroTime', value: unknown): string | undefined {
  if (typeof value !== 'string') return wrongType(value, 'string', undefined);
  if (fits(scalars.time, value)) return undefined;
  return `parsing time ${JSON.stringify(value)} as ${JSON.stringify(LAYOUTS[scalar])}: cannot parse ${JSON.stringify(value)} as "2006"`;
}

function bytesProblem(value: unknown, place: Place): string {
  if (typeof value !== 'string') return wrongType(value, '[]uint8', place);
  const offset = value.search(/[^A-Za-z0-9+/\r\n]/);
  return `illegal base64 data at input byte ${offset < 0 ? value.length - (value.length % 4) : offset}`;
}

function wrongType(value: unknown, goType: string, place: Place | undefined): string {
  const where = place === undefined ? 'value' : `struct field ${place.struct}.${place.path}`;
  return `json: cannot unmarshal ${jsonKind(value, goType)} into Go ${where} of type ${goType}`;
}

function jsonKind(value: unknown, goType: string): string {
  if (typeof value === 'number') return /^u?int|^float/.test(goType) ? `number ${value}` : 'number';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** `[]v1.Container`, `map[string]string`. */
function goName(type: TypeDescription): string {
  if (type.form === 'list') return `[]${goName(type.element)}`;
  if (type.form === 'map') return `map[string]${goName(type.element)}`;
  return type.form === 'struct' ? `${type.struct.version}.${type.struct.name}` : type.goName;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
