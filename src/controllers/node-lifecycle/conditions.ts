import type { Node, NodeCondition, Taint } from '#api/generated/core-v1.ts';
import { findCondition } from '../conditions.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** The conditions that only the kubelet can know, and that are unknown when it is silent. */
const REPORTED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export function readyStatus(node: Node): string {
  return findCondition(node.status?.conditions, 'Ready')?.status ?? 'Unknown';
}

/** The conditions of a node whose kubelet has been silent for too long. The same list when they say so already. */
export function unknownConditions(node: Node, now: string): readonly NodeCondition[] {
  const present = node.status?.conditions ?? [];
  const stale = REPORTED.filter((type) => findCondition(present, type)?.status !== 'Unknown');
  if (stale.length === 0) return present;
  const unknown = stale.map((type): NodeCondition => {
    const old = findCondition(present, type);
    if (!old) {
      const { creationTimestamp } = node.metadata;
      return {
        type,
        status: 'Unknown',
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
        lastHeartbeatTime: creationTimestamp,
        lastTransitionTime: now,
      };
    }
    return {
      ...old,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: now,
    };
  });
  return [...present.filter(({ type }) => !stale.includes(type)), ...unknown];
}

/** Condition and status → the taint that keeps new pods away. */
const NO_SCHEDULE: readonly (readonly [type: string, status: string, taint: string])[] = [
  ['Ready', 'False', NOT_READY],
  ['Ready', 'Unknown', UNREACHABLE],
  ['MemoryPressure', 'True', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'True', 'node.kubernetes.io/disk-pressure'],
  ['PIDPressure', 'True', 'node.kubernetes.io/pid-pressure'],
  ['NetworkUnavailable', 'True', 'node.kubernetes.io/network-unavailable'],
];
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const OURS = new Set([...NO_SCHEDULE.map(([, , taint]) => taint), UNSCHEDULABLE]);

/**
 * The taints that the node should have. `evict`: whether pods may be driven off it now; when not, a NoExecute taint that it
 * has stays. The same list when nothing changes.
 */
export function wantedTaints(node: Node, evict: boolean, now: string): readonly Taint[] {
  const present = node.spec?.taints ?? [];
  const wanted: Taint[] = [];
  for (const [type, status, key] of NO_SCHEDULE) {
    if (findCondition(node.status?.conditions, type)?.status === status) wanted.push({ key, effect: 'NoSchedule', timeAdded: now });
  }
  if (node.spec?.unschedulable) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule', timeAdded: now });
  const noExecute = noExecuteTaint(node);
  if (noExecute && (evict || hasTaint(present, noExecute, 'NoExecute')))
    wanted.push({ key: noExecute, effect: 'NoExecute', timeAdded: now });
  const kept = present.filter((taint) => !isOurs(taint) || wanted.some((each) => isSameTaint(each, taint)));
  const added = wanted.filter((taint) => !present.some((each) => isSameTaint(each, taint)));
  return added.length === 0 && kept.length === present.length ? present : [...kept, ...added];
}

/** The taint that drives pods off the node; undefined while it is ready. */
export function noExecuteTaint(node: Node): string | undefined {
  const ready = findCondition(node.status?.conditions, 'Ready');
  if (ready?.status === 'False') return NOT_READY;
  return ready?.status === 'Unknown' ? UNREACHABLE : undefined;
}

export function hasTaint(taints: readonly Taint[] | undefined, key: string, effect: string): boolean {
  return (taints ?? []).some((taint) => taint.key === key && taint.effect === effect);
}

function isOurs({ key, effect }: Taint): boolean {
  if (effect === 'NoSchedule') return OURS.has(key);
  return effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE);
}

function isSameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}
