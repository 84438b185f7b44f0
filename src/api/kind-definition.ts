import type { FieldError, KubeObject } from '#apimachinery';

/** A column of `kubectl get`'s table; `priority` 1 shows only with `-o wide`. */
export interface Column {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format?: string;
  description: string;
  priority?: number;
}

export type Cell = string | number | boolean | null;

/** What a definition may need to know of the request that writes the object. */
export interface WriteContext {
  /** The clock of this request. */
  readonly now: Date;
  /** Who makes the request, for kinds that write it down. */
  readonly user?: { name: string; uid?: string; groups: readonly string[]; extra?: Readonly<Record<string, readonly string[]>> };
  /** `''` for the resource itself, else `status`, `scale`, … */
  readonly subresource: string;
  /** Adds a `Warning` header to the response. */
  warn(text: string): void;
}

/** A version of the API in which a kind is served. */
export interface ServedVersion<T extends KubeObject> {
  version: string;
  group?: string;
  /** Name of the type in the generated schema, if not the kind's own: `Ingress` of `networking.k8s.io/v1beta1`. */
  toStorage?(object: KubeObject): T;
  fromStorage?(object: T): KubeObject;
  /** Served with a warning. `since`: `v1.19`; `removedIn`: `v1.22`, empty when that is not planned; `use`: `networking.k8s.io/v1 Ingress`; `text`: the whole warning, instead. */
  deprecated?: { since: string; removedIn: string; use?: string; text?: string };
  /** What this version has of its own (custom resources: schema, subresources, columns); its functions get objects that differ from stored ones in nothing but the version. */
  definition?: KindDefinition;
}

export interface ScaleSubresource<T extends KubeObject> {
  replicas(object: T): number;
  setReplicas(object: T, replicas: number): void;
  statusReplicas(object: T): number;
  /** The label selector in string form. */
  selector(object: T): string;
}

/**
 * Everything the API server knows about one kind. All functions are pure but for the object that they are told to change.
 * Order on a write: decode → `defaults` → mutating admission → `prepareForCreate|Update` → `validate(+Update)` → validating
 * admission → store.
 */
export interface KindDefinition<T extends KubeObject = KubeObject> {
  group: string;
  /** The version in which objects are stored; every field of the functions below is of this version. */
  version: string;
  kind: string;
  /** Plural: `pods`. */
  resource: string;
  singular: string;
  /** Default: the kind with `List`. */
  listKind?: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
  namespaced: boolean;
  /** Comes from a CustomResourceDefinition. */
  custom?: boolean;
  /** `version` is only stored, not served. */
  storageOnly?: boolean;
  /** Versions served beside `version`, most preferred first. */
  alsoServed?: readonly ServedVersion<T>[];
  deprecated?: ServedVersion<T>['deprecated'];
  /** Default: all of get, list, watch, create, update, patch, delete, deletecollection. Reviews have only `create` and are never stored. */
  verbs?: readonly string[];
  /** `status` is a subresource: writes to the main resource keep the old status and the other way round. */
  hasStatus: boolean;
  scale?: ScaleSubresource<T>;
  /** Names of other subresources that are served elsewhere: `log`, `exec`, `binding`. For discovery. */
  otherSubresources?: readonly { name: string; kind: string; group?: string; version?: string; verbs: readonly string[] }[];
  /** `metadata.generation` counts the changes of the spec. */
  hasGeneration?: boolean;
  /** Deletion is graceful: seconds for this object, before a `gracePeriodSeconds` of the request is looked at. */
  gracePeriod?(object: T): number;
  /** May PUT create? (`false` for almost all.) */
  createOnUpdate?: boolean;
  /** An update without resourceVersion is allowed (the default); some kinds forbid it. */
  unconditionalUpdate?: boolean;
  /** The store forgets the object after so many seconds (Events). */
  ttlSeconds?: number;
  /** How a name must look; default: a DNS subdomain. */
  nameRule?: (name: string, prefix: boolean) => string[];

  /** Fills in what is absent. */
  defaults?(object: T): void;
  /** Clears what a client may not set, sets what the server does (`status` is already taken care of). */
  prepareForCreate?(object: T, context: WriteContext): void;
  prepareForUpdate?(object: T, old: T, context: WriteContext): void;
  prepareForStatusUpdate?(object: T, old: T, context: WriteContext): void;
  validate?(object: T): FieldError[];
  /** What only new objects have to obey; `validate` has run as well. */
  validateCreate?(object: T): FieldError[];
  /** Cross-checks with the old object; `validate` has run as well. `subresource`: what is written through, `''` or absent for the object itself. */
  validateUpdate?(object: T, old: T, subresource?: string): FieldError[];
  validateStatusUpdate?(object: T, old: T): FieldError[];
  warnings?(object: T, old: T | undefined): string[];

  /** All columns, the leading NAME included (`nameColumn` and `ageColumn` of printing.ts). Absent: NAME and CREATED AT. */
  columns?: readonly Column[];
  /** One row: a cell for each column. */
  row?(object: T, now: Date): Cell[];
  /** Field selectors beside `metadata.name` and `metadata.namespace`. */
  selectableFields?: Record<string, (object: T) => string>;
}

/** Declares a kind; the type argument gives its functions the object's type. */
export function defineKind<T extends KubeObject>(definition: KindDefinition<T>): KindDefinition {
  return definition as unknown as KindDefinition;
}
