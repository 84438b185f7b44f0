import { ProtobufWriter } from '#api';
import type { JsonSchema } from './served-kind.ts';

/**
 * Writes a document of the second version as `openapi.v2.Document`, which older clients ask for. The numbers are those of
 * that message's definition. A message is written from its last field to its first.
 */
export function encodeDocumentV2(document: JsonSchema): Buffer {
  const writer = new Writer();
  writer.named(9, 1, record(document['definitions']), (schema) => writer.schema(schema));
  writer.message(8, () => writer.entries(2, record(document['paths']), (item) => writer.pathItem(item)));
  writer.message(2, () => writer.strings(record(document['info']), { title: 1, version: 2 }));
  writer.string(1, document['swagger']);
  return writer.finish();
}

const record = (value: unknown): Record<string, JsonSchema> => (value ?? {}) as Record<string, JsonSchema>;
const array = (value: unknown): JsonSchema[] => (value ?? []) as JsonSchema[];
const METHODS: readonly [string, number][] = [
  ['patch', 8],
  ['delete', 5],
  ['post', 4],
  ['put', 3],
  ['get', 2],
];
const SCHEMA_NUMBERS: Readonly<Record<string, number>> = { multipleOf: 6, maximum: 7, minimum: 9 };
const SCHEMA_INTEGERS: Readonly<Record<string, number>> = {
  maxLength: 11,
  minLength: 12,
  maxItems: 14,
  minItems: 15,
  maxProperties: 17,
  minProperties: 18,
};
const SCHEMA_FLAGS: Readonly<Record<string, number>> = { exclusiveMaximum: 8, exclusiveMinimum: 10, uniqueItems: 16 };

/** What narrows values, the highest number first. */
const LIMITS: readonly [string, number][] = Object.entries({
  ...SCHEMA_NUMBERS,
  ...SCHEMA_INTEGERS,
  ...SCHEMA_FLAGS,
  pattern: 13,
}).toSorted(([, a], [, b]) => b - a);

class Writer {
  readonly #writer = new ProtobufWriter(4 * 1024 * 1024);

  finish(): Buffer {
    return this.#writer.finish();
  }

  message(number: number, write: () => void): void {
    const mark = this.#writer.mark();
    write();
    this.#writer.close(number * 8 + 2, mark);
  }

  string(number: number, value: unknown): void {
    if (typeof value === 'string' && value !== '') this.#writer.string(number * 8 + 2, value);
  }

  flag(number: number, value: unknown): void {
    if (value === true) this.#writer.bool(number * 8, true);
  }

  strings(object: JsonSchema, numbers: Readonly<Record<string, number>>): void {
    for (const [name, number] of Object.entries(numbers).reverse()) this.string(number, object[name]);
  }

  list(number: number, values: unknown): void {
    for (const value of ((values ?? []) as string[]).toReversed()) this.#writer.string(number * 8 + 2, value);
  }

  /** A message with nothing but named entries. */
  named(number: number, inner: number, entries: Record<string, JsonSchema>, write: (value: JsonSchema) => void): void {
    this.message(number, () => this.entries(inner, entries, write));
  }

  entries(number: number, entries: Record<string, JsonSchema>, write: (value: JsonSchema) => void): void {
    for (const [name, value] of Object.entries(entries).reverse()) {
      this.message(number, () => {
        this.message(2, () => write(value));
        this.string(1, name);
      });
    }
  }

  /** A value of any form: as YAML, which JSON is. */
  any(number: number, value: unknown): void {
    this.message(number, () => this.string(2, `${JSON.stringify(value)}\n`));
  }

  extensions(number: number, object: JsonSchema): void {
    for (const [name, value] of Object.entries(object).reverse()) {
      if (!name.startsWith('x-')) continue;
      this.message(number, () => {
        this.any(2, value);
        this.string(1, name);
      });
    }
  }

  schema(schema: JsonSchema): void {
    this.extensions(31, schema);
    if (schema['properties'] !== undefined) this.named(25, 1, record(schema['properties']), (field) => this.schema(field));
    if (schema['items'] !== undefined) this.message(23, () => this.message(1, () => this.schema(schema['items'] as JsonSchema)));
    if (schema['type'] !== undefined) this.message(22, () => this.string(1, schema['type']));
    if (schema['additionalProperties'] !== undefined) this.message(21, () => this.#additional(schema['additionalProperties']));
    for (const value of array(schema['enum']).toReversed()) this.any(20, value);
    this.list(19, schema['required']);
    this.#limits(schema);
    if (schema['default'] !== undefined) this.any(5, schema['default']);
    this.strings(schema, { $ref: 1, format: 2, title: 3, description: 4 });
  }

  #additional(value: unknown): void {
    if (typeof value === 'boolean') this.#writer.bool(2 * 8, value);
    else this.message(1, () => this.schema(value as JsonSchema));
  }

  #limits(schema: JsonSchema): void {
    for (const [name, number] of LIMITS) {
      const value = schema[name];
      if (name in SCHEMA_NUMBERS && typeof value === 'number') this.#writer.double(number * 8 + 1, value);
      else if (name in SCHEMA_INTEGERS && typeof value === 'number') this.#writer.integer(number * 8, value);
      else if (name in SCHEMA_FLAGS) this.flag(number, value);
      else if (name === 'pattern') this.string(number, value);
    }
  }

  pathItem(item: JsonSchema): void {
    for (const parameter of array(item['parameters']).toReversed()) this.#parameter(9, parameter);
    for (const [method, number] of METHODS) {
      const operation = item[method] as JsonSchema | undefined;
      if (operation !== undefined) this.message(number, () => this.#operation(operation));
    }
  }

  #operation(operation: JsonSchema): void {
    this.extensions(13, operation);
    this.list(10, operation['schemes']);
    this.named(9, 1, record(operation['responses']), (response) => this.message(1, () => this.#response(response)));
    for (const parameter of array(operation['parameters']).toReversed()) this.#parameter(8, parameter);
    this.list(7, operation['consumes']);
    this.list(6, operation['produces']);
    this.string(5, operation['operationId']);
    this.string(3, operation['description']);
    this.list(1, operation['tags']);
  }

  #response(response: JsonSchema): void {
    const schema = response['schema'] as JsonSchema | undefined;
    if (schema !== undefined) this.message(2, () => this.message(1, () => this.schema(schema)));
    this.string(1, response['description']);
  }

  #parameter(number: number, parameter: JsonSchema): void {
    const place = parameter['in'];
    this.message(number, () =>
      this.message(1, () => {
        if (place === 'body') this.message(1, () => this.#body(parameter));
        else this.message(2, () => this.message(place === 'path' ? 4 : 3, () => this.#value(parameter, place === 'path')));
      }),
    );
  }

  #body(parameter: JsonSchema): void {
    this.message(5, () => this.schema(parameter['schema'] as JsonSchema));
    this.flag(4, parameter['required']);
    this.strings(parameter, { description: 1, name: 2, in: 3 });
  }

  #value(parameter: JsonSchema, isPath: boolean): void {
    this.flag(isPath ? 19 : 20, parameter['uniqueItems']);
    this.string(isPath ? 5 : 6, parameter['type']);
    this.strings(parameter, { in: 2, description: 3, name: 4 });
    this.flag(1, parameter['required']);
  }
}
