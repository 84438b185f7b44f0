import type { Container, Pod } from '#api/generated/core-v1.ts';
import type { LinuxContainerResources } from '../cri/index.ts';
import { computeQosClass } from './qos.ts';
import { milliValue, quantityValue } from './quantities.ts';

const PERIOD_MICROSECONDS = 100_000;
const MIN_QUOTA_MICROSECONDS = 1000;
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;

const GUARANTEED_OOM_SCORE = -997;
const BEST_EFFORT_OOM_SCORE = 1000;
const SYSTEM_CRITICAL_PRIORITY = 2_000_000_000;

export function cpuShares(milliCpu: number): number {
  return Math.min(Math.max(Math.floor((milliCpu * 1024) / 1000), MIN_SHARES), MAX_SHARES);
}

export function cpuQuota(milliCpu: number): number {
  return Math.max(Math.floor((milliCpu * PERIOD_MICROSECONDS) / 1000), MIN_QUOTA_MICROSECONDS);
}

/** Who dies first when memory runs out: the higher, the sooner. */
function oomScoreAdjust(pod: Pod, container: Container, nodeMemoryBytes: number): number {
  if ((pod.spec.priority ?? 0) >= SYSTEM_CRITICAL_PRIORITY) return GUARANTEED_OOM_SCORE;
  const qos = computeQosClass(pod);
  if (qos === 'Guaranteed') return GUARANTEED_OOM_SCORE;
  if (qos === 'BestEffort') return BEST_EFFORT_OOM_SCORE;
  const request = quantityValue(container.resources?.requests?.memory ?? '0');
  const score = 1000 - Math.floor((1000 * request) / nodeMemoryBytes);
  return Math.min(Math.max(score, 1000 + GUARANTEED_OOM_SCORE), BEST_EFFORT_OOM_SCORE - 1);
}

/** The kernel's limits for one container. Absent ones stay absent: no limit. */
export function containerResources(pod: Pod, container: Container, nodeMemoryBytes: number): LinuxContainerResources {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const cpuRequest = requests.cpu ?? limits.cpu;
  const resources: LinuxContainerResources = {
    cpuShares: cpuRequest === undefined ? MIN_SHARES : cpuShares(milliValue(cpuRequest)),
    oomScoreAdj: oomScoreAdjust(pod, container, nodeMemoryBytes),
  };
  if (limits.cpu !== undefined && milliValue(limits.cpu) > 0) {
    resources.cpuPeriod = PERIOD_MICROSECONDS;
    resources.cpuQuota = cpuQuota(milliValue(limits.cpu));
  }
  if (limits.memory !== undefined) resources.memoryLimitInBytes = quantityValue(limits.memory);
  return resources;
}
