import { createHash } from 'node:crypto';
import type { Container, Pod } from '#api/generated/core-v1.ts';

/** What a container or sandbox is known by in the runtime, so that a kubelet finds it again after a restart. */
export const LABELS = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
} as const;

export const ANNOTATIONS = {
  hash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  terminationGracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
} as const;

export function podLabels(pod: Pod): Record<string, string> {
  const { name, namespace = '', uid = '', labels } = pod.metadata;
  return { ...labels, [LABELS.podName]: name, [LABELS.podNamespace]: namespace, [LABELS.podUid]: uid };
}

/** Changes when a running container has to be replaced: its name and image are all that may change in a living pod. */
export function containerHash({ name, image }: Container): string {
  return createHash('sha256')
    .update(JSON.stringify([name, image]))
    .digest('hex')
    .slice(0, 8);
}
