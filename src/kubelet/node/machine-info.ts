import { readFile, statfs } from 'node:fs/promises';
import { arch, cpus, hostname, release } from 'node:os';
import type { NodeSystemInfo } from '#api/generated/core-v1.ts';

export interface MachineInfo {
  cpuCount: number;
  memoryBytes: number;
  storageBytes: number;
  hugePages: Record<string, number>;
}

/** Kubernetes' names of processor architectures. */
const ARCHITECTURES: Record<string, string> = {
  x64: 'amd64',
  ia32: '386',
  arm64: 'arm64',
  arm: 'arm',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
};

export function machineArchitecture(): string {
  return ARCHITECTURES[arch()] ?? arch();
}

async function readWord(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}

async function memoryBytes(): Promise<number> {
  const match = /^MemTotal:\s+(\d+) kB$/m.exec(await readFile('/proc/meminfo', 'utf8'));
  return Number(match?.[1] ?? 0) * 1024;
}

/** What the machine has; `directory` is on the disk that pods use. */
export async function machineInfo(directory: string): Promise<MachineInfo> {
  const disk = await statfs(directory);
  return { cpuCount: cpus().length, memoryBytes: await memoryBytes(), storageBytes: disk.blocks * disk.bsize, hugePages: {} };
}

/** Memory that could be given to processes without swapping, in bytes. */
export async function availableMemoryBytes(): Promise<number> {
  const match = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile('/proc/meminfo', 'utf8'));
  return Number(match?.[1] ?? 0) * 1024;
}

async function osImage(): Promise<string> {
  const text = await readWord('/etc/os-release');
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? 'Linux';
}

export async function systemInfo(version: string, runtimeVersion: string): Promise<NodeSystemInfo> {
  const machineID = (await readWord('/etc/machine-id')) || hostname();
  return {
    machineID,
    systemUUID: (await readWord('/sys/class/dmi/id/product_uuid')) || machineID,
    bootID: await readWord('/proc/sys/kernel/random/boot_id'),
    kernelVersion: release(),
    osImage: await osImage(),
    containerRuntimeVersion: runtimeVersion,
    kubeletVersion: version,
    kubeProxyVersion: '',
    operatingSystem: 'linux',
    architecture: machineArchitecture(),
  };
}
