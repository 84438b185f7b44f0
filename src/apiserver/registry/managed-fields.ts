import type { KubeObject } from '#apimachinery';
import type { Write } from './write.ts';

/** Keeps `metadata.managedFields`: who set which field. Called with the object as it is about to be stored. */
export interface ManagedFields {
  onCreate(write: Write, object: KubeObject): void;
  onUpdate(write: Write, object: KubeObject, old: KubeObject): void;
}

export const noManagedFields: ManagedFields = { onCreate: () => undefined, onUpdate: () => undefined };
