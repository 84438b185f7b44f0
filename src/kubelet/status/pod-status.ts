import { timestamp } from '#apimachinery';
import type { ContainerStatus, Pod, PodStatus } from '#api/generated/core-v1.ts';
import { computeQosClass } from '../containers/index.ts';
import { asContainer } from '../pods/pod-containers.ts';
import type { RuntimePod } from '../pods/runtime-pod.ts';
import { podConditions } from './conditions.ts';
import { containerStatus, type ContainerKnowledge } from './container-statuses.ts';
import { podPhase } from './phase.ts';

export interface StatusInput {
  pod: Pod;
  /** The status that was last written or read. */
  old: PodStatus;
  runtime: RuntimePod;
  knowledge: ContainerKnowledge;
  hostIPs: readonly string[];
  /** Nothing of the pod will be started any more. */
  terminal: boolean;
  /** Set when the kubelet ended the pod: evicted, deadline, refused. */
  verdict?: { phase: string; reason: string; message: string };
  now: Date;
}

/** The status to show for a pod. Pure. */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, old, runtime, knowledge, hostIPs, verdict, now } = input;
  const isOver = old.phase === 'Succeeded' || old.phase === 'Failed';
  const terminal = input.terminal || isOver;
  const list = (
    kind: 'init' | 'main' | 'ephemeral',
    containers: readonly Parameters<typeof containerStatus>[1][],
    before: readonly ContainerStatus[] = [],
  ): ContainerStatus[] =>
    containers.map((container) =>
      containerStatus(
        pod,
        container,
        kind,
        runtime,
        knowledge,
        before.find(({ name }) => name === container.name),
        terminal,
      ),
    );
  const init = list('init', pod.spec.initContainers ?? [], old.initContainerStatuses);
  const main = list('main', pod.spec.containers, old.containerStatuses);
  const ephemeral = list('ephemeral', (pod.spec.ephemeralContainers ?? []).map(asContainer), old.ephemeralContainerStatuses);
  const phase = verdict?.phase ?? (isOver ? (old.phase ?? '') : podPhase(pod, { init, main }, terminal));
  const ips = podAddresses(pod, old, runtime, hostIPs);
  const hasNetwork = runtime.readySandbox !== undefined && (ips.length > 0 || pod.spec.hostNetwork === true);
  const reason = verdict?.reason ?? old.reason;
  const message = verdict?.message ?? old.message;
  return {
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: podConditions(pod, { init, main }, phase, hasNetwork, old.conditions ?? [], now),
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
    ...(old.nominatedNodeName ? { nominatedNodeName: old.nominatedNodeName } : {}),
    ...(hostIPs[0] === undefined ? {} : { hostIP: hostIPs[0], hostIPs: hostIPs.map((ip) => ({ ip })) }),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: old.startTime ?? timestamp(now),
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: main,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    qosClass: old.qosClass || computeQosClass(pod),
    ...(old.resourceClaimStatuses === undefined ? {} : { resourceClaimStatuses: old.resourceClaimStatuses }),
  };
}

/** A finished pod keeps showing the addresses that it had. */
function podAddresses(pod: Pod, old: PodStatus, runtime: RuntimePod, hostIPs: readonly string[]): readonly string[] {
  if (pod.spec.hostNetwork === true) return runtime.sandboxes.length > 0 || old.podIP ? hostIPs : [];
  if (runtime.ips.length > 0) return runtime.ips;
  return (old.podIPs ?? []).map(({ ip }) => ip ?? '').filter(Boolean);
}
