import type { StructSchema } from '#apimachinery';

/** The values that stand for themselves in JSON, by the name that the facts give them. */
export type ScalarName =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'float64'
  | 'bytes'
  | 'Time'
  | 'MicroTime'
  | 'Quantity'
  | 'IntOrString'
  | 'RawExtension'
  | 'FieldsV1'
  | 'JSON'
  | 'any'
  | 'JSONSchemaPropsOrArray'
  | 'JSONSchemaPropsOrBool'
  | 'JSONSchemaPropsOrStringArray';

export interface ScalarDescription {
  readonly form: 'scalar';
  readonly scalar: ScalarName;
  /** As Go names it in messages: `int32`, `v1.RestartPolicy`. */
  readonly goName: string;
  /** The only values that are valid. */
  readonly enum?: readonly string[];
}

export interface ListDescription {
  readonly form: 'list';
  readonly element: TypeDescription;
  /** A list type with a name of its own, which is a message of its own in protobuf. */
  readonly wrapped: boolean;
}

export interface MapDescription {
  readonly form: 'map';
  readonly element: TypeDescription;
}

export interface StructReference {
  readonly form: 'struct';
  readonly struct: StructDescription;
}

/** What one value of the API looks like. */
export type TypeDescription = ScalarDescription | ListDescription | MapDescription | StructReference;

export interface FieldDescription {
  /** In JSON; `''` for an inlined struct. */
  readonly name: string;
  readonly type: TypeDescription;
  /** Absence differs from the zero value. */
  readonly pointer: boolean;
  /** The zero value is left out. */
  readonly omitEmpty: boolean;
  /** Left out even where `omitEmpty` alone would not: an unset time by value. */
  readonly omitZero: boolean;
  /** In protobuf; 0 for types that have no such form. */
  readonly number: number;
  readonly patchStrategy?: readonly ('merge' | 'replace' | 'retainKeys')[];
  readonly patchMergeKey?: string;
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  readonly mapType?: 'atomic' | 'granular';
  readonly structType?: 'atomic' | 'granular';
  readonly default?: unknown;
  readonly optional: boolean;
  readonly required: boolean;
}

export interface StructDescription {
  /** `DeploymentSpec` */
  readonly name: string;
  /** The group-version that declares it, as file name: `apps-v1`. */
  readonly file: string;
  readonly version: string;
  /** Has `kind` and `apiVersion`, which are the first two of `fields`. */
  readonly isKind: boolean;
  /** One value to server-side apply. */
  readonly atomic: boolean;
  /** In the order of declaration, which is the order of output; fields of inlined structs stand in their place. */
  readonly fields: readonly FieldDescription[];
  /** As `fields`, but with the inlined structs as fields without a name; without `kind` and `apiVersion`. */
  readonly declared: readonly FieldDescription[];
}

export interface DecodeOptions {
  /** Look for unknown fields and, where `text` is given, for duplicate ones. They are dropped either way. */
  findProblems?: boolean;
  /** The JSON that the value was parsed from. */
  text?: string;
}

export interface Decoded<T> {
  object: T;
  /** In the order of the document: `unknown field "spec.foo"`, `duplicate field "spec.replicas"`. */
  problems: string[];
}

/** One served kind: from JSON and protobuf to objects and back. */
export interface KindCodec {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly description: StructDescription;
  /** For strategic merge patch and server-side apply. */
  readonly schema: StructSchema;
  /**
   * Makes an object of parsed JSON: checked types, unknown fields pruned, structs that are always there filled in,
   * empty values dropped, keys in the order of output, quantities and times in canonical form. `value` stays unchanged and
   * shares only free-form parts with the result. Throws StatusError 400 (`cause`: the bare message) for a value of a wrong type.
   */
  decode<T = Record<string, unknown>>(value: unknown, options?: DecodeOptions): Decoded<T>;
}
