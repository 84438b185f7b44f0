import type { Container, EphemeralContainer, Pod } from '#api/generated/core-v1.ts';

export type ContainerKind = 'init' | 'main' | 'ephemeral';

export interface PodContainer {
  kind: ContainerKind;
  container: Container;
}

/** An ephemeral container has all fields of a container and its target's name. */
export function asContainer(ephemeral: EphemeralContainer): Container {
  return ephemeral;
}

/** All containers of the pod: init containers, then main ones, then ephemeral ones. */
export function* podContainers(pod: Pod): Generator<PodContainer> {
  for (const container of pod.spec.initContainers ?? []) yield { kind: 'init', container };
  for (const container of pod.spec.containers) yield { kind: 'main', container };
  for (const container of pod.spec.ephemeralContainers ?? []) yield { kind: 'ephemeral', container: asContainer(container) };
}

/** An init container that keeps running beside the main ones (a sidecar). */
export function isRestartableInit(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/** How events name the container: `spec.containers{web}`. */
export function containerFieldPath(kind: ContainerKind, name: string): string {
  const list = { init: 'initContainers', main: 'containers', ephemeral: 'ephemeralContainers' }[kind];
  return `spec.${list}{${name}}`;
}

export function findContainer(pod: Pod, name: string): PodContainer | undefined {
  for (const found of podContainers(pod)) if (found.container.name === name) return found;
  return undefined;
}

/** `name_namespace(uid)`, the way messages name a pod. */
export function podText(pod: Pod): string {
  return `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
}

/** A mirror of a static pod: the API object shows what the kubelet runs from a file. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
export const SOURCE_ANNOTATION = 'kubernetes.io/config.source';
export const HASH_ANNOTATION = 'kubernetes.io/config.hash';

export function isStaticPod(pod: Pod): boolean {
  const source = pod.metadata.annotations?.[SOURCE_ANNOTATION];
  return source !== undefined && source !== 'api';
}
