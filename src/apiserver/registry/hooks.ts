import type { KindDefinition } from '#api';
import type { KubeObject } from '#apimachinery';

/** Takes back what a hook did, when the write that it was for fails. */
export type Undo = () => Promise<void>;

/** What happens around the writes of particular kinds beyond the object itself: IPs of Services, ends of Namespaces. */
export interface RegistryHooks {
  /** After validation, before the write: may set fields that the server allots. Throws StatusError. */
  beforeCreate(definition: KindDefinition, object: KubeObject, dryRun: boolean): Promise<Undo | undefined>;
  beforeUpdate(definition: KindDefinition, object: KubeObject, old: KubeObject, dryRun: boolean): Promise<Undo | undefined>;
  afterDelete(definition: KindDefinition, object: KubeObject): Promise<void>;
  /** True while something other than `metadata.finalizers` and the grace period keeps the object. */
  holdsDeletion(definition: KindDefinition, object: KubeObject): boolean;
  /** The object has just got its deletionTimestamp (not yet stored). */
  onMarked(definition: KindDefinition, object: KubeObject): void;
}

/** Hooks for one resource; absent ones do nothing. */
export type ResourceHooks = Partial<{
  beforeCreate(object: KubeObject, dryRun: boolean): Promise<Undo | undefined>;
  beforeUpdate(object: KubeObject, old: KubeObject, dryRun: boolean): Promise<Undo | undefined>;
  afterDelete(object: KubeObject): Promise<void>;
  holdsDeletion(object: KubeObject): boolean;
  onMarked(object: KubeObject): void;
}>;

export const noHooks: RegistryHooks = hooksFor({});

/** Combines hooks by resource name (`services`, `deployments.apps`). */
export function hooksFor(table: Readonly<Record<string, ResourceHooks>>): RegistryHooks {
  const of = ({ group, resource }: KindDefinition): ResourceHooks | undefined => table[group === '' ? resource : `${resource}.${group}`];
  return {
    beforeCreate: async (definition, object, dryRun) => await of(definition)?.beforeCreate?.(object, dryRun),
    beforeUpdate: async (definition, object, old, dryRun) => await of(definition)?.beforeUpdate?.(object, old, dryRun),
    afterDelete: async (definition, object) => await of(definition)?.afterDelete?.(object),
    holdsDeletion: (definition, object) => of(definition)?.holdsDeletion?.(object) ?? false,
    onMarked: (definition, object) => of(definition)?.onMarked?.(object),
  };
}
