import type { JSONSchemaProps } from '#api/generated/apiextensions-v1.ts';

/** A structural schema, or a part of one. */
export type Schema = JSONSchemaProps;

/** An object of JSON. */
export type Json = Record<string, unknown>;

export const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schema of a list's items. */
export function itemsOf({ items }: Schema): Schema | undefined {
  return Array.isArray(items) ? undefined : items;
}

/** The schema of an object's free fields; undefined when they have none, or none is needed. */
export function additionalOf({ additionalProperties }: Schema): Schema | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** Whether fields that the schema does not name are kept as they are. */
export function keepsUnknown(schema: Schema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
}

/** Sets a field as JSON.parse does: `__proto__` is a name like any other. */
export function put(target: Json, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}

/** `spec.template`; `''` is the object itself. */
export function fieldPath(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`;
}
