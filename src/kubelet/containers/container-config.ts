import type { Container, Pod } from '#api/generated/core-v1.ts';
import type { ContainerConfig, Image } from '../cri/index.ts';
import { expand } from '../environment/index.ts';
import { DEFAULT_TERMINATION_MESSAGE_PATH, containerMounts, type MountSettings } from './container-mounts.ts';
import { ANNOTATIONS, LABELS, containerHash, podLabels } from './labels.ts';
import { containerLogPath } from './log-directory.ts';
import { containerResources } from './resources.ts';
import { checkNonRoot, containerSecurityContext, type SecuritySupport } from './security-context.ts';

export interface ContainerSettings extends MountSettings {
  pod: Pod;
  image: Image;
  restartCount: number;
  nodeMemoryBytes: number;
  security: SecuritySupport;
  /** The container whose processes an ephemeral container sees. */
  targetId?: string;
}

function labels(pod: Pod, container: Container): Record<string, string> {
  return { ...podLabels(pod), [LABELS.containerName]: container.name };
}

function annotations(pod: Pod, container: Container, restartCount: number): Record<string, string> {
  const grace = pod.spec.terminationGracePeriodSeconds;
  return {
    [ANNOTATIONS.hash]: containerHash(container),
    [ANNOTATIONS.restartCount]: String(restartCount),
    [ANNOTATIONS.terminationMessagePath]: container.terminationMessagePath || DEFAULT_TERMINATION_MESSAGE_PATH,
    [ANNOTATIONS.terminationMessagePolicy]: container.terminationMessagePolicy ?? 'File',
    ...(grace === undefined ? {} : { [ANNOTATIONS.terminationGracePeriod]: String(grace) }),
  };
}

/** What the runtime is told about one container. Throws the text that its status shows as CreateContainerConfigError. */
export async function containerConfig(container: Container, settings: ContainerSettings): Promise<ContainerConfig> {
  const { pod, image, restartCount, environment } = settings;
  checkNonRoot(pod, container, image);
  const mounts = await containerMounts(container, settings);
  return {
    metadata: { name: container.name, attempt: restartCount },
    image: { image: image.id, userSpecifiedImage: container.image },
    command: (container.command ?? []).map((word) => expand(word, environment)),
    args: (container.args ?? []).map((word) => expand(word, environment)),
    workingDir: container.workingDir ?? '',
    envs: [...environment].map(([key, value]) => ({ key, value: Buffer.from(value) })),
    mounts,
    labels: labels(pod, container),
    annotations: annotations(pod, container, restartCount),
    logPath: containerLogPath(container.name, restartCount),
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    linux: {
      resources: containerResources(pod, container, settings.nodeMemoryBytes),
      securityContext: containerSecurityContext(pod, container, image, settings.security, settings.targetId),
    },
  };
}
