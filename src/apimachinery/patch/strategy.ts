import type { FieldSchema, Schema } from './schema.ts';

export type Json = Record<string, unknown>;

export const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** How a strategic merge patch treats one field. */
export interface FieldStrategy {
  /** Of the field's own value: what a map's fields are looked up in. */
  readonly schema: Schema | undefined;
  /** Of a list's items. */
  readonly element: Schema | undefined;
  readonly merge: boolean;
  readonly replace: boolean;
  readonly retainKeys: boolean;
  readonly mergeKey: string | undefined;
}

const UNKNOWN: FieldStrategy = {
  schema: undefined,
  element: undefined,
  merge: false,
  replace: false,
  retainKeys: false,
  mergeKey: undefined,
};
const known = new WeakMap<FieldSchema, FieldStrategy>();

/** The strategy of a field; free-form maps merge and free-form lists are replaced. */
export function strategyOf(schema: Schema | undefined, field: string): FieldStrategy {
  if (schema?.kind === 'map') return { ...UNKNOWN, ...shapeOf(schema.element) };
  const description = schema?.kind === 'struct' ? schema.fields.get(field) : undefined;
  if (description === undefined) return UNKNOWN;
  let strategy = known.get(description);
  if (strategy === undefined) known.set(description, (strategy = strategyOfField(description)));
  return strategy;
}

function strategyOfField({ schema, patchStrategy = [], patchMergeKey }: FieldSchema): FieldStrategy {
  return {
    ...shapeOf(schema),
    merge: patchStrategy.includes('merge'),
    replace: patchStrategy.includes('replace'),
    retainKeys: patchStrategy.includes('retainKeys'),
    mergeKey: patchMergeKey,
  };
}

function shapeOf(schema: Schema): Pick<FieldStrategy, 'schema' | 'element'> {
  return { schema, element: schema.kind === 'list' ? schema.element : undefined };
}

export const PATCH = '$patch';
export const RETAIN_KEYS = '$retainKeys';
export const DELETE_FROM = '$deleteFromPrimitiveList/';
export const SET_ORDER = '$setElementOrder/';

export const isDirective = (key: string): boolean =>
  key === PATCH || key === RETAIN_KEYS || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER);
