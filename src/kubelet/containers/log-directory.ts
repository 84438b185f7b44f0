import type { Pod } from '#api/generated/core-v1.ts';

/** Where the pod's containers log: a directory for each, a file for each of its runs (`0.log`, `1.log`, …). */
export function podLogDirectory(podLogs: string, pod: Pod): string {
  const { name, namespace, uid } = pod.metadata;
  return `${podLogs}/${namespace}_${name}_${uid}`;
}

export function containerLogPath(containerName: string, restartCount: number): string {
  return `${containerName}/${restartCount}.log`;
}
