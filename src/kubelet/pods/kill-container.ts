import { setTimeout as sleep } from 'node:timers/promises';
import type { Container, Pod } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { LABELS } from '../containers/index.ts';
import { runHook } from './lifecycle-hooks.ts';
import { containerFieldPath, findContainer, isRestartableInit } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import type { RuntimeContainer, RuntimePod } from './runtime-pod.ts';

/** A container is given this long to die even if the preStop hook has used all the time. */
const MIN_GRACE_SECONDS = 2;

export interface KillOptions {
  pod: Pod;
  podIP: string;
  graceSeconds: number;
  message?: string;
}

/** The time used, in whole seconds. A hook that is still busy at the end of the grace period is left behind. */
async function preStop(context: PodContext, container: Container, id: string, options: KillOptions): Promise<number> {
  const handler = container.lifecycle?.preStop;
  if (handler === undefined || options.graceSeconds === 0) return 0;
  const started = Date.now();
  const target = { runtime: context.runtime.runtime, container, containerId: id, podIP: options.podIP };
  const hook = runHook(handler, target, options.graceSeconds).catch(() => {
    const fieldPath = containerFieldPath('main', container.name);
    context.recorder.event(resources.pods, options.pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', fieldPath);
  });
  const deadline = new AbortController();
  await Promise.race([hook, sleep(options.graceSeconds * 1000, undefined, { signal: deadline.signal, ref: false })]);
  deadline.abort();
  return Math.round((Date.now() - started) / 1000);
}

/** Ends one container within the grace period and resolves when it is dead. */
export async function killContainer(context: PodContext, status: RuntimeContainer, options: KillOptions): Promise<void> {
  const { pod, graceSeconds } = options;
  const name = status.labels[LABELS.containerName] ?? status.metadata.name;
  const found = findContainer(pod, name);
  const fieldPath = containerFieldPath(found?.kind ?? 'main', name);
  context.recorder.event(resources.pods, pod, 'Normal', 'Killing', options.message ?? `Stopping container ${name}`, fieldPath);
  const used = found === undefined ? 0 : await preStop(context, found.container, status.id, options);
  const rest = graceSeconds === 0 ? 0 : Math.max(graceSeconds - used, used > 0 ? MIN_GRACE_SECONDS : graceSeconds);
  await context.runtime.runtime.stopContainer(status.id, rest);
}

/** Ends all containers of a pod: main ones together, then sidecars in the reverse of their order. Then the sandbox. */
export async function killPod(context: PodContext, pod: Pod, runtime: RuntimePod, graceSeconds: number): Promise<void> {
  const podIP = runtime.ips[0] ?? context.node.hostIPs[0] ?? '';
  const deadline = Date.now() + graceSeconds * 1000;
  const kill = (status: RuntimeContainer): Promise<void> => {
    const left = graceSeconds === 0 ? 0 : Math.max(Math.ceil((deadline - Date.now()) / 1000), 1);
    return killContainer(context, status, { pod, podIP, graceSeconds: left });
  };
  const sidecarNames = (pod.spec.initContainers ?? []).filter(isRestartableInit).map(({ name }) => name);
  const running = runtime.running;
  await Promise.all(running.filter(({ metadata }) => !sidecarNames.includes(metadata.name)).map(kill));
  for (const name of sidecarNames.toReversed()) {
    for (const status of running) if (status.metadata.name === name) await kill(status);
  }
  await Promise.all(runtime.sandboxes.map(({ id }) => context.runtime.runtime.stopPodSandbox(id)));
}
