import type { Environment } from '@marcbachmann/cel-js';
import { jsonEqual } from '#apimachinery';
import { celDuration } from '../../cel/index.ts';
import { additionalOf, isJson, itemsOf, type Json, type Schema } from '../schema/schema.ts';
import { nameInRules } from './field-names.ts';

/** How values of a schema look to rules. */
export interface Declared {
  /** `int`, `list<string>`, the name of an object's type. */
  type: string;
  /** The value as the evaluator wants it. Parts of objects are made when a rule asks for them. */
  toCel(value: unknown): unknown;
}

const TYPE_META: Readonly<Record<string, Schema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } },
};

/** An object, seen by rules. */
class CelObject {
  readonly #source: Json;
  readonly #made = new Map<string, unknown>();

  constructor(source: Json) {
    this.#source = source;
  }

  field(name: string, { toCel }: Declared): unknown {
    if (this.#made.has(name)) return this.#made.get(name);
    const source = Object.hasOwn(this.#source, name) ? this.#source[name] : undefined;
    const value = source === undefined ? undefined : toCel(source);
    this.#made.set(name, value);
    return value;
  }

  equals(other: CelObject): boolean {
    return jsonEqual(this.#source, other.#source);
  }
}

/**
 * Declares what the rules on a schema can name. Only fields whose names are among `mentioned` are declared: schemas are
 * large, and rules are short.
 */
export class Declaration {
  readonly #environment: Environment;
  readonly #mentioned: ReadonlySet<string>;
  #objects = 0;

  constructor(environment: Environment, mentioned: ReadonlySet<string>) {
    this.#environment = environment;
    this.#mentioned = mentioned;
  }

  /** `isRoot`: the schema is of a whole resource. Undefined: values that rules cannot look into. */
  declare(schema: Schema, isRoot = false): Declared | undefined {
    const declared = this.#byType(schema, isRoot);
    if (declared === undefined || schema.nullable !== true) return declared;
    return { type: 'dyn', toCel: (value) => (value === null ? null : declared.toCel(value)) };
  }

  #byType(schema: Schema, isRoot: boolean): Declared | undefined {
    if (schema['x-kubernetes-int-or-string'] === true) return intOrString;
    switch (schema.type) {
      case 'object':
        return this.#object(schema, isRoot);
      case 'array':
        return this.#list(schema);
      case 'string':
        return STRINGS[schema.format ?? ''] ?? string;
      default:
        return SCALARS[schema.type ?? ''];
    }
  }

  #list(schema: Schema): Declared | undefined {
    const items = itemsOf(schema);
    const item = items === undefined ? undefined : this.declare(items);
    if (item === undefined) return undefined;
    return { type: `list<${item.type}>`, toCel: (value) => (Array.isArray(value) ? value.map((each) => item.toCel(each)) : value) };
  }

  #object(schema: Schema, isRoot: boolean): Declared | undefined {
    const free = additionalOf(schema);
    if (free !== undefined) return this.#map(free);
    const isResource = isRoot || schema['x-kubernetes-embedded-resource'] === true;
    const properties = { ...schema.properties, ...(isResource ? TYPE_META : {}) };
    const fields = new Map<string, [field: string, declared: Declared]>();
    for (const [field, child] of Object.entries(properties)) {
      const name = nameInRules(field);
      if (name === undefined || !this.#mentioned.has(name)) continue;
      const declared = this.declare(child);
      if (declared !== undefined) fields.set(name, [field, declared]);
    }
    return this.#register(fields);
  }

  #map(free: Schema): Declared | undefined {
    const element = this.declare(free);
    if (element === undefined) return undefined;
    return {
      type: `map<string, ${element.type}>`,
      toCel: (value) => (isJson(value) ? new Map(Object.entries(value).map(([key, each]) => [key, element.toCel(each)])) : value),
    };
  }

  #register(fields: ReadonlyMap<string, [field: string, declared: Declared]>): Declared {
    const type = `Object${++this.#objects}`;
    const ctor = class extends CelObject {};
    for (const [name, [field, declared]] of fields) {
      Object.defineProperty(ctor.prototype, name, {
        get(this: CelObject) {
          return this.field(field, declared);
        },
      });
    }
    const types = Object.fromEntries([...fields].map(([name, [, declared]]) => [name, declared.type]));
    this.#environment
      .registerType(type, { ctor: ctor as unknown as new () => CelObject, fields: types })
      .registerOperator(`${type} == ${type}`, (a: CelObject, b: CelObject) => a.equals(b));
    return { type, toCel: (value) => (isJson(value) ? new ctor(value) : value) };
  }
}

const asInt = (value: unknown): unknown => (typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value);
const fromText =
  (make: (text: string) => unknown) =>
  (value: unknown): unknown =>
    typeof value === 'string' ? make(value) : value;

const string: Declared = { type: 'string', toCel: (value) => value };
const intOrString: Declared = { type: 'dyn', toCel: asInt };
const SCALARS: Readonly<Record<string, Declared>> = {
  integer: { type: 'int', toCel: asInt },
  number: { type: 'double', toCel: (value) => value },
  boolean: { type: 'bool', toCel: (value) => value },
};
const timestamp: Declared = { type: 'google.protobuf.Timestamp', toCel: fromText((text) => new Date(text)) };
const STRINGS: Readonly<Record<string, Declared>> = {
  'date-time': timestamp,
  datetime: timestamp,
  date: timestamp,
  duration: { type: 'google.protobuf.Duration', toCel: fromText(celDuration) },
  byte: { type: 'bytes', toCel: fromText((text) => Buffer.from(text, 'base64')) },
};
