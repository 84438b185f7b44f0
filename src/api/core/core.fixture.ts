import type { FieldError } from '#apimachinery';
import type * as core from '../generated/core-v1.ts';
import type { KindDefinition, WriteContext } from '../kind-definition.ts';
import { codecOf } from '../schema/index.ts';
import { coreKinds } from './index.ts';

/** The clock of all tests here. */
export const NOW = new Date('2026-01-02T12:00:00Z');

/** A part of an object that tests write down. */
export type Part = Record<string, unknown>;

interface Kinds {
  Binding: core.Binding;
  ComponentStatus: core.ComponentStatus;
  ConfigMap: core.ConfigMap;
  Endpoints: core.Endpoints;
  Event: core.Event;
  LimitRange: core.LimitRange;
  Namespace: core.Namespace;
  Node: core.Node;
  PersistentVolume: core.PersistentVolume;
  PersistentVolumeClaim: core.PersistentVolumeClaim;
  Pod: core.Pod;
  PodTemplate: core.PodTemplate;
  ReplicationController: core.ReplicationController;
  ResourceQuota: core.ResourceQuota;
  Secret: core.Secret;
  Service: core.Service;
  ServiceAccount: core.ServiceAccount;
}

export type CoreKind = keyof Kinds;

export function kindOf(kind: string): KindDefinition {
  const definition = coreKinds.find((candidate) => candidate.kind === kind);
  if (definition === undefined) throw new Error(`no kind ${kind}`);
  return definition;
}

const context = (subresource = ''): WriteContext => ({ now: NOW, subresource, warn() {} });

/** The object as the API server reads it, with defaults. */
export function read<K extends CoreKind>(kind: K, object: Part): Kinds[K] {
  const codec = codecOf('', 'v1', kind);
  if (codec === undefined) throw new Error(`no codec for ${kind}`);
  const metadata = { name: 'it', namespace: 'default', ...(object['metadata'] as Part | undefined) };
  const decoded = codec.decode<Kinds[K]>({ ...object, apiVersion: 'v1', kind, metadata }).object;
  kindOf(kind).defaults?.(decoded);
  return decoded;
}

/** The object as a create stores it. */
export function created<K extends CoreKind>(kind: K, object: Part): Kinds[K] {
  const made = read(kind, object);
  kindOf(kind).prepareForCreate?.(made, context());
  return made;
}

/** The object as an update of `old` stores it. */
export function updated<K extends CoreKind>(kind: K, object: Part, old: Kinds[K], subresource = ''): Kinds[K] {
  const made = read(kind, object);
  if ('status' in old) Object.assign(made, { status: old.status });
  kindOf(kind).prepareForUpdate?.(made, old, context(subresource));
  return made;
}

/** What is wrong with the object as a new one. */
export function problems(kind: CoreKind, object: Part): string[] {
  const made = created(kind, object);
  const definition = kindOf(kind);
  return texts([...(definition.validate?.(made) ?? []), ...(definition.validateCreate?.(made) ?? [])]);
}

/** What an update from one object to another is refused for. */
export function updateProblems(kind: CoreKind, before: Part, after: Part, subresource = ''): string[] {
  const old = created(kind, before);
  return texts(kindOf(kind).validateUpdate?.(updated(kind, after, old, subresource), old, subresource) ?? []);
}

/** The cells of the object's row, as it would be stored with this status. */
export function row(kind: CoreKind, object: Part): unknown[] {
  return kindOf(kind).row?.(read(kind, object), NOW) ?? [];
}

export function texts(errors: readonly FieldError[]): string[] {
  return errors.map(String);
}
