import type { KubeObject } from '#apimachinery';
import type { ServedVersion } from '../kind-definition.ts';

/** `rbac.authorization.k8s.io/v1beta1`, which differs from v1 in its name only. */
export function rbacV1beta1<T extends KubeObject>(kind: string): ServedVersion<T> {
  return {
    version: 'v1beta1',
    deprecated: { since: 'v1.17', removedIn: 'v1.22', use: `rbac.authorization.k8s.io/v1 ${kind}` },
  };
}
