import { mkdir } from 'node:fs/promises';
import type { Pod } from '#api/generated/core-v1.ts';
import { resources } from '#client';
import { lacksClusterDns, podLogDirectory, sandboxConfig, writeHostsFile } from '../containers/index.ts';
import type { PodSandboxConfig } from '../cri/index.ts';
import type { PodActions } from './compute-actions.ts';
import { podText } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import type { RuntimePod } from './runtime-pod.ts';

/** The pod's sandbox could not be made; the event has been written. */
export class SandboxError extends Error {}

async function runtimeHandler(context: PodContext, pod: Pod): Promise<string> {
  const name = pod.spec.runtimeClassName;
  if (!name) return '';
  return (await context.client.resource(resources.runtimeClasses).get({ name })).handler;
}

function fail(context: PodContext, pod: Pod, reason: string, message: string, cause?: unknown): never {
  context.recorder.event(resources.pods, pod, 'Warning', reason, message);
  throw new SandboxError(message, { cause });
}

async function checkNetwork(context: PodContext, pod: Pod): Promise<void> {
  if (pod.spec.hostNetwork === true) return;
  const { ready, message } = await context.networkReady();
  if (!ready) fail(context, pod, 'NetworkNotReady', `network is not ready: ${message}`);
}

async function makeConfig(context: PodContext, pod: Pod, attempt: number): Promise<PodSandboxConfig> {
  try {
    return await sandboxConfig(pod, attempt, context.cgroups?.parentOf(pod) ?? '', context.sandbox);
  } catch (error) {
    return fail(context, pod, 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${(error as Error).message}`, error);
  }
}

async function runSandbox(context: PodContext, pod: Pod, runtime: RuntimePod, config: PodSandboxConfig): Promise<string> {
  if (lacksClusterDns(pod, context.sandbox)) {
    const text = `pod: ${JSON.stringify(podText(pod))}. kubelet does not have ClusterDNS IP configured and cannot create Pod using "${pod.spec.dnsPolicy}" policy. Falling back to "Default" policy.`;
    context.recorder.event(resources.pods, pod, 'Warning', 'MissingClusterDNS', text);
  }
  await context.cgroups?.create(pod);
  await mkdir(podLogDirectory(context.sandbox.podLogs, pod), { recursive: true, mode: 0o755 });
  try {
    const id = await context.runtime.runtime.runPodSandbox(config, await runtimeHandler(context, pod));
    runtime.note(id);
    await runtime.reloadSandbox(id);
    return id;
  } catch (error) {
    return fail(context, pod, 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${(error as Error).message}`, error);
  }
}

/** The pod's sandbox: the one that runs, or a new one. Throws `SandboxError` after writing the event that says why not. */
export async function ensureSandbox(
  context: PodContext,
  pod: Pod,
  runtime: RuntimePod,
  actions: PodActions,
): Promise<{ sandboxId: string; config: PodSandboxConfig }> {
  if (!actions.createSandbox && actions.sandboxId !== undefined) {
    return { sandboxId: actions.sandboxId, config: await makeConfig(context, pod, actions.attempt) };
  }
  await checkNetwork(context, pod);
  const config = await makeConfig(context, pod, actions.attempt);
  const sandboxId = await runSandbox(context, pod, runtime, config);
  const ips = pod.spec.hostNetwork === true ? context.node.hostIPs : runtime.ips;
  await writeHostsFile(`${context.podDirectory(pod.metadata.uid ?? '')}/etc-hosts`, pod, ips, context.sandbox.clusterDomain);
  return { sandboxId, config };
}
