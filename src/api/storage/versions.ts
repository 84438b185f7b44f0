import type { KubeObject } from '#apimachinery';
import type { ServedVersion } from '../kind-definition.ts';

/** `storage.k8s.io/v1beta1` of a kind; it differs from v1 in its name only. */
export function storageV1beta1<T extends KubeObject>(kind: string, since: string, removedIn: string): ServedVersion<T> {
  return { version: 'v1beta1', deprecated: { since, removedIn, use: `storage.k8s.io/v1 ${kind}` } };
}
