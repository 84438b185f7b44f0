import type { Namespace } from '#api/generated/core-v1.ts';
import type { KubeObject } from '#apimachinery';
import type { ResourceHooks } from './hooks.ts';

/** A Namespace goes only when its `spec.finalizers` have gone; until then it is Terminating. */
export const namespaceHooks: ResourceHooks = {
  holdsDeletion(object: KubeObject): boolean {
    return ((object as Namespace).spec?.finalizers?.length ?? 0) > 0;
  },
  onMarked(object: KubeObject): void {
    const namespace = object as Namespace;
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  },
};
