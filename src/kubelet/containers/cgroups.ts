import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '#api/generated/core-v1.ts';
import type { CgroupDriver } from '../containerd/index.ts';
import { computeQosClass } from './qos.ts';
import { milliValue, quantityValue } from './quantities.ts';
import { cpuQuota, cpuShares } from './resources.ts';

const MOUNT = '/sys/fs/cgroup';
const PERIOD_MICROSECONDS = 100_000;

const escapeSlice = (name: string): string => name.replaceAll('-', '_');

/** Where pods' cgroups stand below a node's root (`/` or `/skiff-dev`). */
export class PodCgroups {
  readonly #root: string;
  readonly #driver: CgroupDriver;
  readonly #version: 1 | 2;

  constructor(options: { root: string; driver: CgroupDriver; version: 1 | 2 }) {
    this.#root = options.root === '/' ? '' : options.root.replace(/\/$/, '');
    this.#driver = options.driver;
    this.#version = options.version;
  }

  /** The cgroup that holds the pod's containers, in the form that the runtime's driver takes. */
  parentOf(pod: Pod): string {
    const qos = computeQosClass(pod);
    const uid = pod.metadata.uid ?? '';
    const levels = ['kubepods', ...(qos === 'Guaranteed' ? [] : [qos.toLowerCase()]), `pod${uid}`];
    if (this.#driver === 'cgroupfs') return `${this.#root}/${levels.join('/')}`;
    const root = this.#root.split('/').filter(Boolean);
    return `${[...root, ...levels].map(escapeSlice).join('-')}.slice`;
  }

  /** Gives the pod as a whole what its containers ask for together. With systemd, the runtime makes the slice. */
  async create(pod: Pod): Promise<void> {
    if (this.#driver === 'systemd' || this.#version === 2) return;
    const path = this.parentOf(pod);
    const limits = podLimits(pod);
    const cpu = join(MOUNT, 'cpu', path);
    await mkdir(cpu, { recursive: true });
    await writeFile(join(cpu, 'cpu.shares'), String(limits.shares));
    if (limits.quota !== undefined) {
      await writeFile(join(cpu, 'cpu.cfs_period_us'), String(PERIOD_MICROSECONDS));
      await writeFile(join(cpu, 'cpu.cfs_quota_us'), String(limits.quota));
    }
    if (limits.memory === undefined) return;
    const memory = join(MOUNT, 'memory', path);
    await mkdir(memory, { recursive: true });
    await writeFile(join(memory, 'memory.limit_in_bytes'), String(limits.memory));
  }

  /** Removes the pod's cgroup from every hierarchy; the containers in it must have ended. */
  async remove(pod: Pod): Promise<void> {
    if (this.#driver === 'cgroupfs') await this.#removeTree(this.parentOf(pod));
  }

  /** Removes all that this node put below its root, and the root itself unless it is the machine's. */
  async removeAll(): Promise<void> {
    if (this.#driver === 'cgroupfs') await this.#removeTree(this.#root === '' ? '/kubepods' : this.#root);
  }

  async #removeTree(path: string): Promise<void> {
    const hierarchies = this.#version === 2 ? [''] : await readdir(MOUNT);
    for (const hierarchy of hierarchies) await removeCgroup(join(MOUNT, hierarchy, path));
  }
}

async function removeCgroup(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(join(directory, entry.name));
  await rmdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'EBUSY') throw error;
  });
}

function sum(values: (number | undefined)[]): number | undefined {
  let total = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    total += value;
  }
  return total;
}

interface PodLimits {
  shares: number;
  quota: number | undefined;
  memory: number | undefined;
}

/** Sums of the main containers, but never below what a single init container asks for. A limit holds only if all have one. */
function podLimits(pod: Pod): PodLimits {
  const main = pod.spec.containers.map(({ resources }) => resources ?? {});
  const init = (pod.spec.initContainers ?? []).map(({ resources }) => resources ?? {});
  const most = (values: (number | undefined)[], total: number | undefined): number | undefined =>
    total === undefined || values.includes(undefined) ? undefined : Math.max(total, ...values.map((value) => value ?? 0));
  const limit = (name: string, measure: (quantity: string) => number): number | undefined => {
    const of = ({ limits }: { limits?: Record<string, string> }): number | undefined =>
      limits?.[name] === undefined ? undefined : measure(limits[name]);
    return most(init.map(of), sum(main.map(of)));
  };
  const request = ({ requests, limits }: { requests?: Record<string, string>; limits?: Record<string, string> }): number =>
    milliValue(requests?.cpu ?? limits?.cpu ?? '0');
  const cpu = limit('cpu', milliValue);
  return {
    shares: cpuShares(most(init.map(request), sum(main.map(request))) ?? 0),
    quota: cpu === undefined || cpu === 0 ? undefined : cpuQuota(cpu),
    memory: limit('memory', quantityValue),
  };
}
