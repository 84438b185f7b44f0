import { statfs } from 'node:fs/promises';
import { timestamp } from '#apimachinery';
import type { ContainerImage, Node, NodeAddress, NodeCondition, NodeStatus, NodeSystemInfo } from '#api/generated/core-v1.ts';
import type { Image } from '../cri/index.ts';
import { availableMemoryBytes, type MachineInfo } from './machine-info.ts';

const MAX_IMAGES = 50;
const MAX_NAMES = 5;
/** Kept free for the node itself; below it, pods are in danger. */
const MEMORY_THRESHOLD_BYTES = 100 * 1024 * 1024;
const DISK_THRESHOLD = 0.1;

export interface NodeStatusSource {
  machine: MachineInfo;
  addresses: readonly NodeAddress[];
  info: NodeSystemInfo;
  kubeletPort: number;
  maxPods: number;
  directory: string;
  images(): Promise<readonly Image[]>;
  /** Why the node cannot run pods; empty when it can. */
  problems(): Promise<readonly string[]>;
}

function nodeCapacity({ cpuCount, memoryBytes, storageBytes }: MachineInfo, maxPods: number): Record<string, string> {
  return {
    cpu: String(cpuCount),
    'ephemeral-storage': `${Math.floor(storageBytes / 1024)}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: `${Math.floor(memoryBytes / 1024)}Ki`,
    pods: String(maxPods),
  };
}

/** What is left for pods: the node keeps the memory and a tenth of the disk that the pressure thresholds guard. */
export function nodeAllocatable(machine: MachineInfo, maxPods: number): Record<string, string> {
  const capacity = nodeCapacity(machine, maxPods);
  return {
    ...capacity,
    'ephemeral-storage': String(Math.floor(machine.storageBytes * (1 - DISK_THRESHOLD))),
    memory: `${Math.floor((machine.memoryBytes - MEMORY_THRESHOLD_BYTES) / 1024)}Ki`,
  };
}

type Finding = Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>;

async function findings(source: NodeStatusSource): Promise<Finding[]> {
  const disk = await statfs(source.directory);
  const lowMemory = (await availableMemoryBytes()) < MEMORY_THRESHOLD_BYTES;
  const lowDisk = disk.bavail < disk.blocks * DISK_THRESHOLD;
  const problems = await source.problems();
  return [
    lowMemory
      ? {
          type: 'MemoryPressure',
          status: 'True',
          reason: 'KubeletHasInsufficientMemory',
          message: 'kubelet has insufficient memory available',
        }
      : {
          type: 'MemoryPressure',
          status: 'False',
          reason: 'KubeletHasSufficientMemory',
          message: 'kubelet has sufficient memory available',
        },
    lowDisk
      ? { type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure' }
      : { type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
    { type: 'PIDPressure', status: 'False', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
    problems.length === 0
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: problems.join(', ') },
  ];
}

function containerImages(images: readonly Image[]): ContainerImage[] {
  const listed = images.map(({ repoDigests, repoTags, size }) => ({
    names: [...repoDigests, ...repoTags].slice(0, MAX_NAMES),
    sizeBytes: size,
  }));
  return listed
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MAX_IMAGES);
}

/** The node's present status. Conditions that others wrote stay; times change only with what they tell of. */
export async function nodeStatus(node: Node, source: NodeStatusSource, now = new Date()): Promise<NodeStatus> {
  const old = node.status?.conditions ?? [];
  const own = (await findings(source)).map((finding): NodeCondition => {
    const before = old.find(({ type }) => type === finding.type);
    const lastTransitionTime = before?.status === finding.status ? before.lastTransitionTime : timestamp(now);
    return { ...finding, lastHeartbeatTime: timestamp(now), lastTransitionTime };
  });
  const foreign = old.filter(({ type }) => !own.some((condition) => condition.type === type));
  return {
    ...node.status,
    capacity: { ...node.status?.capacity, ...nodeCapacity(source.machine, source.maxPods) },
    allocatable: { ...node.status?.allocatable, ...nodeAllocatable(source.machine, source.maxPods) },
    conditions: [...foreign, ...own],
    addresses: [...source.addresses],
    daemonEndpoints: { kubeletEndpoint: { Port: source.kubeletPort } },
    nodeInfo: source.info,
    images: containerImages(await source.images()),
    runtimeHandlers: [{ name: '', features: { recursiveReadOnlyMounts: false, userNamespaces: false } }],
  };
}
