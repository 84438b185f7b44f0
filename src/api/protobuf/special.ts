import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

type Json = unknown;

const tagOf = (number: number, wireType: number): number => number * 8 + wireType;
const FIRST_BYTES = tagOf(1, 2);
const SECOND_BYTES = tagOf(2, 2);
const THIRD_BYTES = tagOf(3, 2);
const FIRST_VARINT = tagOf(1, 0);
const SECOND_VARINT = tagOf(2, 0);

/**
 * The types that JSON and protobuf show in different shapes. Writers write the inside of the message; readers answer with
 * the JSON value.
 */
export const write = {
  /** An unset time is an empty message. */
  time(writer: Writer, value: string | null | undefined): void {
    if (value === null || value === undefined) return;
    writer.integer(SECOND_VARINT, 0);
    writer.integer(FIRST_VARINT, Math.floor(Date.parse(value) / 1000));
  },

  microTime(writer: Writer, value: string | null | undefined): void {
    if (value === null || value === undefined) return;
    const fraction = /\.(\d+)/.exec(value)?.[1] ?? '';
    writer.integer(SECOND_VARINT, Number(fraction.slice(0, 6).padEnd(6, '0')) * 1000);
    writer.integer(FIRST_VARINT, Math.floor(Date.parse(value) / 1000));
  },

  quantity(writer: Writer, value: string | undefined): void {
    writer.string(FIRST_BYTES, value ?? '0');
  },

  intOrString(writer: Writer, value: string | number | undefined): void {
    const isString = typeof value === 'string';
    writer.string(THIRD_BYTES, isString ? value : '');
    writer.integer(SECOND_VARINT, isString ? 0 : (value ?? 0));
    writer.integer(FIRST_VARINT, isString ? 1 : 0);
  },

  /** Free-form data travels as JSON text. */
  raw(writer: Writer, value: Json): void {
    if (value !== undefined && value !== null) writer.string(FIRST_BYTES, JSON.stringify(value));
  },

  orArray(writer: Writer, value: Json, schema: (value: Json, writer: Writer) => void): void {
    if (!Array.isArray(value)) return nested(writer, FIRST_BYTES, value, schema);
    for (let i = value.length - 1; i >= 0; i--) nested(writer, SECOND_BYTES, value[i], schema);
  },

  orBool(writer: Writer, value: Json, schema: (value: Json, writer: Writer) => void): void {
    if (typeof value !== 'boolean') nested(writer, SECOND_BYTES, value, schema);
    writer.bool(FIRST_VARINT, value !== false);
  },

  orStrings(writer: Writer, value: Json, schema: (value: Json, writer: Writer) => void): void {
    if (!Array.isArray(value)) return nested(writer, FIRST_BYTES, value, schema);
    for (let i = value.length - 1; i >= 0; i--) writer.string(SECOND_BYTES, String(value[i]));
  },
};

function nested(writer: Writer, tag: number, value: Json, schema: (value: Json, writer: Writer) => void): void {
  const mark = writer.mark();
  schema(value, writer);
  writer.close(tag, mark);
}

export const read = {
  time(reader: Reader): string | null {
    const fields = numbers(reader);
    return fields === undefined ? null : `${new Date(fields.first * 1000).toISOString().slice(0, 19)}Z`;
  },

  microTime(reader: Reader): string | null {
    const fields = numbers(reader);
    if (fields === undefined) return null;
    const micros = String(Math.floor(fields.second / 1000)).padStart(6, '0');
    return `${new Date(fields.first * 1000).toISOString().slice(0, 19)}.${micros}Z`;
  },

  quantity(reader: Reader): string {
    return onlyString(reader) ?? '0';
  },

  intOrString(reader: Reader): string | number {
    let isString = false;
    let number = 0;
    let text = '';
    while (reader.at < reader.end) {
      const tag = reader.uint32();
      if (tag === FIRST_VARINT) isString = reader.int32() === 1;
      else if (tag === SECOND_VARINT) number = reader.int32();
      else if (tag === THIRD_BYTES) text = reader.string();
      else reader.skipField(tag);
    }
    return isString ? text : number;
  },

  raw(reader: Reader): Json {
    const text = onlyString(reader);
    return text === undefined ? null : JSON.parse(text);
  },

  orArray(reader: Reader, schema: (reader: Reader, target: Record<string, Json>) => Json): Json {
    let one: Json;
    const many: Json[] = [];
    while (reader.at < reader.end) {
      const tag = reader.uint32();
      if (tag === FIRST_BYTES) one = schema(reader.message(), {});
      else if (tag === SECOND_BYTES) many.push(schema(reader.message(), {}));
      else reader.skipField(tag);
    }
    return one ?? many;
  },

  orBool(reader: Reader, schema: (reader: Reader, target: Record<string, Json>) => Json): Json {
    let allows = false;
    let one: Json;
    while (reader.at < reader.end) {
      const tag = reader.uint32();
      if (tag === FIRST_VARINT) allows = reader.bool();
      else if (tag === SECOND_BYTES) one = schema(reader.message(), {});
      else reader.skipField(tag);
    }
    return one ?? allows;
  },

  orStrings(reader: Reader, schema: (reader: Reader, target: Record<string, Json>) => Json): Json {
    let one: Json;
    const many: string[] = [];
    while (reader.at < reader.end) {
      const tag = reader.uint32();
      if (tag === FIRST_BYTES) one = schema(reader.message(), {});
      else if (tag === SECOND_BYTES) many.push(reader.string());
      else reader.skipField(tag);
    }
    return one ?? many;
  },
};

function numbers(reader: Reader): { first: number; second: number } | undefined {
  if (reader.at === reader.end) return undefined;
  const fields = { first: 0, second: 0 };
  while (reader.at < reader.end) {
    const tag = reader.uint32();
    if (tag === FIRST_VARINT) fields.first = reader.int64();
    else if (tag === SECOND_VARINT) fields.second = reader.int64();
    else reader.skipField(tag);
  }
  return fields;
}

function onlyString(reader: Reader): string | undefined {
  let text: string | undefined;
  while (reader.at < reader.end) {
    const tag = reader.uint32();
    if (tag === FIRST_BYTES) text = reader.string();
    else reader.skipField(tag);
  }
  return text;
}
