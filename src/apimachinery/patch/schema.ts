/**
 * The shape of an object, as far as merging it needs to know: which fields there are and how lists and maps combine.
 * Built once per type; schemas may refer to each other in circles, so `fields` and `element` may be getters.
 */
export type Schema = StructSchema | MapSchema | ListSchema | ScalarSchema;

/** An object with known fields. */
export interface StructSchema {
  readonly kind: 'struct';
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** The shape of fields that are not named (custom resources may preserve unknown ones). Absent: there are none. */
  readonly additional?: Schema;
  /** The whole has one owner and is replaced as a whole (`structType` or `mapType: atomic`). */
  readonly atomic?: boolean;
}

export interface FieldSchema {
  readonly schema: Schema;
  /** Strategic merge patch: `merge` (lists by `patchMergeKey`, or as a set without one), `retainKeys`; absent: replace. */
  readonly patchStrategy?: readonly ('merge' | 'replace' | 'retainKeys')[];
  readonly patchMergeKey?: string;
  /** The value that an absent field stands for; only needed for the keys of `listType: map` (a port's protocol). */
  readonly default?: unknown;
  /**
   * The field is there even when a client leaves it out: a Go struct by value, or a list or map without omitempty.
   * Update tracking then records no owner for its mere existence (`f:spec` has no `.`).
   */
  readonly always?: boolean;
}

/** An object with free keys and values of one shape. */
export interface MapSchema {
  readonly kind: 'map';
  readonly element: Schema;
  readonly atomic?: boolean;
}

export interface ListSchema {
  readonly kind: 'list';
  readonly element: Schema;
  /** Absent: `atomic`. */
  readonly listType?: 'atomic' | 'set' | 'map';
  /** For `map`: the fields that tell items apart. */
  readonly mapKeys?: readonly string[];
}

/** One value: string, number, boolean, quantity, time, int-or-string; also free-form data that nobody looks into. */
export interface ScalarSchema {
  readonly kind: 'scalar';
  /** Free-form data (`RawExtension`, an unstructured part): objects in it merge key by key, lists are atomic. */
  readonly untyped?: boolean;
}

export const scalarSchema: ScalarSchema = { kind: 'scalar' };
export const untypedSchema: ScalarSchema = { kind: 'scalar', untyped: true };
