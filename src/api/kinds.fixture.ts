import { apiVersionOf, clone, parseApiVersion, type KubeObject } from '#apimachinery';
import { codecOf } from './schema/index.ts';
import { kindByName, type ServedKind } from './kinds.ts';
import type { WriteContext } from './kind-definition.ts';

/** An object as a manifest has it. */
export type Manifest = { apiVersion: string; kind: string; metadata?: object } & Record<string, unknown>;

export const NOW = new Date('2026-01-02T03:04:05Z');
export const UID = '7d9f3c1a-0000-4000-8000-000000000001';

export const context: WriteContext = { now: NOW, subresource: '', warn: () => {}, user: { name: 'jane', uid: 'u1', groups: ['dev'] } };

export function servedKindOf({ apiVersion, kind }: { apiVersion?: string; kind?: string }): ServedKind {
  const { group, version } = parseApiVersion(apiVersion ?? '');
  const served = kindByName(group, version, kind ?? '');
  if (served === undefined) throw new Error(`${apiVersion} ${kind} is not served`);
  return served;
}

/** The manifest as the decoder hands it on. */
export function decoded(manifest: Manifest): KubeObject {
  const { group, version } = parseApiVersion(manifest.apiVersion);
  const codec = codecOf(group, version, manifest.kind);
  if (codec === undefined) throw new Error(`${manifest.apiVersion} ${manifest.kind} has no codec`);
  const metadata = { name: 'a', namespace: 'default', uid: UID, creationTimestamp: '2026-01-02T03:00:00Z', ...manifest.metadata };
  return codec.decode<KubeObject>({ ...manifest, metadata }).object;
}

/** The manifest in its storage version, with defaults, as a create request makes it; `change` is applied in the end. */
export function created<T extends KubeObject = KubeObject>(manifest: Manifest, change?: (object: T) => void): T {
  const { definition, served } = servedKindOf(manifest);
  const object = decoded(manifest);
  const stored = (served?.toStorage?.(object) ?? { ...object, apiVersion: apiVersionOf(definition) }) as T;
  definition.defaults?.(stored);
  definition.prepareForCreate?.(stored, context);
  change?.(stored);
  return stored;
}

/** A created object in one of the other versions of its kind. */
export function inVersion(stored: KubeObject, apiVersion: string): KubeObject {
  const { served } = servedKindOf({ apiVersion, kind: stored.kind ?? '' });
  return served?.fromStorage?.(stored) ?? { ...stored, apiVersion };
}

/** What is wrong with a manifest that is to be created. */
export function errorsOf(manifest: Manifest): string[] {
  const object = created(manifest);
  const { definition } = servedKindOf(manifest);
  return [...(definition.validate?.(object) ?? []), ...(definition.validateCreate?.(object) ?? [])].map(String);
}

/** What is wrong with an update; `change` is applied to the created manifest. */
export function updateErrorsOf<T extends KubeObject>(manifest: Manifest, change: (object: T, old: T) => void): string[] {
  const { definition } = servedKindOf(manifest);
  const old = created<T>(manifest);
  const object = clone(old);
  change(object, old);
  definition.defaults?.(object);
  definition.prepareForUpdate?.(object, old, context);
  return (definition.validateUpdate?.(object, old) ?? []).map(String);
}

/** The cells of the table's row, by column. */
export function rowOf(object: KubeObject): Record<string, unknown> {
  const { definition } = servedKindOf(object);
  const cells = definition.row?.(object, NOW) ?? [];
  return Object.fromEntries((definition.columns ?? []).map(({ name }, i) => [name, cells[i]]));
}
