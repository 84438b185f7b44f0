import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Volume } from '#api/generated/core-v1.ts';
import { podContainers } from '../pods/pod-containers.ts';
import { setUpContentVolume } from './content-volume.ts';
import { setUpEmptyDir } from './empty-dir.ts';
import { setUpHostPath } from './host-path.ts';
import { claimNameOf, setUpClaim } from './persistent-volume-claim.ts';
import { unmountBelow } from '../mounts.ts';
import { releaseSubPaths } from './sub-path.ts';
import type { MountedVolume, VolumeContext } from './volume-context.ts';

/** A volume that could not be set up; `message` is the FailedMount event's. */
export class VolumeError extends Error {
  readonly volume: string;

  constructor(volume: string, cause: unknown) {
    const text = cause instanceof Error ? cause.message : String(cause);
    super(`MountVolume.SetUp failed for volume "${volume}" : ${text}`, { cause });
    this.name = 'VolumeError';
    this.volume = volume;
  }
}

async function setUp(context: VolumeContext, volume: Volume): Promise<MountedVolume> {
  const content = await setUpContentVolume(context, volume);
  if (content !== undefined) return content;
  if (volume.emptyDir) return setUpEmptyDir(context, volume.name, volume.emptyDir);
  if (volume.hostPath) return setUpHostPath(volume.hostPath);
  const claimName = claimNameOf(context.pod.metadata.name, volume);
  if (claimName !== undefined) return setUpClaim(context, { claimName, readOnly: volume.persistentVolumeClaim?.readOnly });
  throw new Error(`no volume plugin matched`);
}

/** One pod's volumes on this node. */
export class PodVolumes {
  readonly #mounted = new Map<string, MountedVolume>();
  #context: VolumeContext;

  constructor(context: VolumeContext) {
    this.#context = context;
  }

  /** Takes over the pod's newest state, for the downward API. */
  update(pod: VolumeContext['pod']): void {
    // Volumes hold on to the context: it has to stay the same object.
    this.#context = Object.assign(this.#context, { pod });
  }

  /** Sets up what the pod's containers use and is not there yet. Throws `VolumeError` for the first that fails, after trying all. */
  async setUp(): Promise<void> {
    const used = new Set(
      [...podContainers(this.#context.pod)].flatMap(({ container }) => (container.volumeMounts ?? []).map(({ name }) => name)),
    );
    const missing = (this.#context.pod.spec.volumes ?? []).filter(({ name }) => used.has(name) && !this.#mounted.has(name));
    const results = await Promise.allSettled(
      missing.map(async (volume) => {
        try {
          this.#mounted.set(volume.name, await setUp(this.#context, volume));
        } catch (error) {
          throw new VolumeError(volume.name, error);
        }
      }),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Brings the content of all volumes up to date. Throws `VolumeError`; old content then stays. */
  async refresh(): Promise<void> {
    for (const [name, { refresh }] of this.#mounted) {
      try {
        await refresh?.();
      } catch (error) {
        throw new VolumeError(name, error);
      }
    }
  }

  /** When `refresh` should be called next, in milliseconds since 1970. */
  refreshAt(): number | undefined {
    const times = [...this.#mounted.values()].map((volume) => volume.refreshAt?.()).filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  get(name: string): MountedVolume | undefined {
    return this.#mounted.get(name);
  }

  /** Takes everything of the pod off the node, also what an earlier kubelet had set up. */
  async tearDown(): Promise<void> {
    const { podDirectory, secretDirectory } = this.#context;
    for (const { tearDown } of this.#mounted.values()) await tearDown?.();
    this.#mounted.clear();
    await removePodDirectories(podDirectory, secretDirectory);
  }
}

/** Unmounts and deletes a pod's directories. Never touches what a hostPath volume shows. */
export async function removePodDirectories(podDirectory: string, secretDirectory: string): Promise<void> {
  const subPaths = `${podDirectory}/volume-subpaths`;
  if (existsSync(subPaths)) await releaseSubPaths(subPaths);
  await unmountBelow(podDirectory);
  await rm(podDirectory, { recursive: true, force: true });
  await rm(secretDirectory, { recursive: true, force: true });
}
