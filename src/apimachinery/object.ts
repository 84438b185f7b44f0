/** A timestamp as it stands in the API: RFC 3339 in UTC, whole seconds (`2026-01-02T03:04:05Z`). */
export type Time = string;
/** A timestamp with microseconds (`2026-01-02T03:04:05.000000Z`), as Leases and Events carry it. */
export type MicroTime = string;
/** A length of time in Go's notation: `1h30m`, `250ms`. */
export type Duration = string;
/** A number with a unit, as text: `100m`, `64Mi`. See `quantity.ts`. */
export type QuantityString = string;
export type IntOrString = number | string;

export interface TypeMeta {
  apiVersion?: string;
  kind?: string;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: Time;
  fieldsType?: string;
  fieldsV1?: Record<string, unknown>;
  subresource?: string;
}

export interface ObjectMeta {
  /** Empty only in a create request that uses `generateName`, and in templates. */
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: Time;
  deletionTimestamp?: Time;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
  selfLink?: string;
}

/** Any object of the API. What is read from a client, an informer or the watch cache is shared: never change it, clone it. */
export interface KubeObject extends TypeMeta {
  metadata: ObjectMeta;
}

export interface ListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
  selfLink?: string;
}

export interface KubeList<T extends KubeObject = KubeObject> extends TypeMeta {
  metadata: ListMeta;
  items: T[];
}

export interface LabelSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelSelectorRequirement[];
}

export interface Condition {
  type: string;
  status: string;
  observedGeneration?: number;
  lastTransitionTime: Time;
  reason: string;
  message: string;
}

export interface Preconditions {
  uid?: string;
  resourceVersion?: string;
}

export type DeletionPropagation = 'Orphan' | 'Background' | 'Foreground';

export interface DeleteOptions extends TypeMeta {
  gracePeriodSeconds?: number;
  preconditions?: Preconditions;
  orphanDependents?: boolean;
  propagationPolicy?: DeletionPropagation;
  dryRun?: string[];
}

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

export interface GroupVersionResource {
  group: string;
  version: string;
  resource: string;
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(groupVersion: { group: string; version: string }): string {
  return groupVersion.group === '' ? groupVersion.version : `${groupVersion.group}/${groupVersion.version}`;
}

/** Splits `apps/v1` into group and version; `v1` belongs to the core group `''`. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** `pods`, or `deployments.apps`: how errors and RBAC name a resource. */
export function groupResource(resource: { group: string; resource: string }): string {
  return resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;
}

let lastSecond = NaN;
let lastTimestamp = '';

/** The present as the API writes it, whole seconds. */
export function timestamp(date: Date = new Date()): Time {
  const second = Math.floor(date.getTime() / 1000);
  // Most of what is written within a second bears the same time.
  if (second !== lastSecond) {
    lastTimestamp = `${date.toISOString().slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastTimestamp;
}

/** The present with microseconds (of which a JavaScript clock knows the first three digits). */
export function microTimestamp(date: Date = new Date()): MicroTime {
  return `${date.toISOString().slice(0, 23)}000Z`;
}

/** The owner that controls the object, if it has one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}
