import type { Pod } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { containerConfig } from '../containers/index.ts';
import type { Image, PodSandboxConfig } from '../cri/index.ts';
import { makeEnvironment } from '../environment/index.ts';
import type { PodVolumes } from '../volumes/index.ts';
import type { ContainerToStart } from './compute-actions.ts';
import { runHook } from './lifecycle-hooks.ts';
import { containerFieldPath, isStaticPod } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import { restartCountOf, type RuntimePod } from './runtime-pod.ts';

/** Why a container did not start; `reason` is what its status shows. */
class StartError extends Error {
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
    this.reason = reason;
  }
}

export interface StartInput {
  pod: Pod;
  runtime: RuntimePod;
  sandboxId: string;
  sandbox: PodSandboxConfig;
  volumes: PodVolumes;
  signal: AbortSignal;
  /** The restarts that the pod's status tells of, should the runtime have forgotten the container. */
  knownRestarts: (name: string) => number | undefined;
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function targetIdOf(item: ContainerToStart, runtime: RuntimePod): string | undefined {
  const { targetContainerName } = item.container as { targetContainerName?: string };
  if (item.kind !== 'ephemeral' || !targetContainerName) return undefined;
  const target = runtime.newest(targetContainerName);
  if (target?.state !== 'CONTAINER_RUNNING')
    throw new StartError('CreateContainerError', `unable to find target container ${targetContainerName}`);
  return target.id;
}

function nextRestartCount(name: string, { runtime, knownRestarts }: StartInput): number {
  const newest = runtime.newest(name);
  if (newest !== undefined) return restartCountOf(newest) + 1;
  const known = knownRestarts(name);
  return known === undefined ? 0 : known;
}

/** Brings one container up: image, configuration, creation, start, postStart hook. Throws `ImageError` or `StartError`. */
export async function startContainer(context: PodContext, item: ContainerToStart, input: StartInput): Promise<void> {
  const { pod, runtime, sandboxId, sandbox, signal } = input;
  const { kind, container } = item;
  const fieldPath = containerFieldPath(kind, container.name);
  const event = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
    context.recorder.event(resources.pods, pod, type, reason, message, fieldPath);
  const fail = (reason: string, message: string, cause?: unknown): never => {
    event('Warning', 'Failed', `Error: ${message}`);
    throw new StartError(reason, message, { cause });
  };

  const image: Image = await context.images.ensure(pod, container, sandbox, event, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const { reason = '' } = error as { reason?: string };
    if (reason !== 'ErrImageNeverPull' || text(error) !== '') event('Warning', 'Failed', `Error: ${reason}`);
    throw error;
  });
  const config = await makeConfig(context, item, input, image).catch((error: unknown) => {
    signal.throwIfAborted();
    return error instanceof StartError ? fail(error.reason, error.message, error) : fail('CreateContainerConfigError', text(error), error);
  });
  signal.throwIfAborted();
  const id = await context.runtime.runtime.createContainer(sandboxId, config, sandbox).catch((error: unknown) => {
    return fail('CreateContainerError', error instanceof Error && 'description' in error ? String(error.description) : text(error), error);
  });
  runtime.note(id);
  event('Normal', 'Created', 'Container created');
  await context.runtime.runtime.startContainer(id).catch(async (error: unknown) => {
    await runtime.reloadContainer(id, sandboxId);
    return fail('RunContainerError', error instanceof Error && 'description' in error ? String(error.description) : text(error), error);
  });
  event('Normal', 'Started', 'Container started');
  await runtime.reloadContainer(id, sandboxId);
  await postStart(context, item, input, id);
}

/** Waits, but not for longer than the pod is wanted. */
async function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => aborted.resolve(), { once: true });
  await Promise.race([promise, aborted.promise]);
  signal.throwIfAborted();
}

async function makeConfig(
  context: PodContext,
  item: ContainerToStart,
  input: StartInput,
  image: Image,
): Promise<Awaited<ReturnType<typeof containerConfig>>> {
  const { pod, runtime, volumes } = input;
  const { container } = item;
  const podIPs = pod.spec.hostNetwork === true ? context.node.hostIPs : runtime.ips;
  // A static pod may be the API server that would tell of Services.
  if (!isStaticPod(pod)) await orAborted(context.servicesSynced, input.signal);
  const environment = await makeEnvironment(pod, container, {
    objects: context.objects,
    services: () => context.services(),
    node: context.node,
    podIPs,
  });
  return containerConfig(container, {
    pod,
    image,
    environment,
    volumes,
    podDirectory: context.podDirectory(pod.metadata.uid ?? ''),
    bindMounts: context.bindMounts,
    restartCount: nextRestartCount(container.name, input),
    nodeMemoryBytes: context.nodeMemoryBytes,
    security: context.security,
    targetId: targetIdOf(item, runtime),
  });
}

async function postStart(
  context: PodContext,
  { kind, container }: ContainerToStart,
  { pod, runtime }: StartInput,
  id: string,
): Promise<void> {
  const handler = container.lifecycle?.postStart;
  if (handler === undefined) return;
  try {
    await runHook(handler, {
      runtime: context.runtime.runtime,
      container,
      containerId: id,
      podIP: runtime.ips[0] ?? context.node.hostIPs[0] ?? '',
    });
  } catch (error) {
    const fieldPath = containerFieldPath(kind, container.name);
    context.recorder.event(resources.pods, pod, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', fieldPath);
    context.recorder.event(resources.pods, pod, 'Normal', 'Killing', 'FailedPostStartHook', fieldPath);
    await context.runtime.runtime.stopContainer(id, pod.spec.terminationGracePeriodSeconds ?? 30);
    await runtime.reloadContainer(id);
    throw new StartError('PostStartHookError', text(error), { cause: error });
  }
}
