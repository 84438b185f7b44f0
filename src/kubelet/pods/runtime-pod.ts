import { isCriError, type ContainerStatus, type PodSandboxStatus, type RuntimeService } from '../cri/index.ts';
import { LABELS } from '../containers/index.ts';

export type RuntimeContainer = ContainerStatus & { podSandboxId: string };

const newestFirst = (a: { createdAt: number }, b: { createdAt: number }): number => b.createdAt - a.createdAt;

async function orGone<T>(get: Promise<T>): Promise<T | undefined> {
  try {
    return await get;
  } catch (error) {
    if (isCriError(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** What the runtime has of one pod, newest first. Kept up to date piece by piece, since the pieces tell when they change. */
export class RuntimePod {
  readonly uid: string;
  sandboxes: PodSandboxStatus[] = [];
  containers: RuntimeContainer[] = [];
  readonly #runtime: RuntimeService;
  readonly #seen: (id: string) => void;

  /** `seen` hears of every sandbox and container as soon as it is known to belong to the pod. */
  constructor(runtime: RuntimeService, uid: string, seen: (id: string) => void = () => {}) {
    this.#runtime = runtime;
    this.uid = uid;
    this.#seen = seen;
  }

  /** Tells of a sandbox or container that was just made, before anything can happen to it. */
  note(id: string): void {
    this.#seen(id);
  }

  /** Reads everything anew. Containers that have exited do not change any more and are not asked about again. */
  async reload(): Promise<void> {
    const filter = { labelSelector: { [LABELS.podUid]: this.uid } };
    const [sandboxes, containers] = await Promise.all([this.#runtime.listPodSandbox(filter), this.#runtime.listContainers(filter)]);
    for (const { id } of [...sandboxes, ...containers]) this.#seen(id);
    const exited = new Map(
      this.containers.filter(({ state }) => state === 'CONTAINER_EXITED').map((container) => [container.id, container]),
    );
    const [sandboxStatuses, containerStatuses] = await Promise.all([
      Promise.all(sandboxes.map(({ id }) => orGone(this.#runtime.podSandboxStatus(id)))),
      Promise.all(containers.map(async ({ id, podSandboxId }) => exited.get(id) ?? this.#containerStatus(id, podSandboxId))),
    ]);
    this.sandboxes = sandboxStatuses.filter((status) => status !== undefined).sort(newestFirst);
    this.containers = containerStatuses.filter((status) => status !== undefined).sort(newestFirst);
  }

  async reloadContainer(id: string, podSandboxId?: string): Promise<RuntimeContainer | undefined> {
    const known = this.container(id);
    const status = await this.#containerStatus(id, podSandboxId ?? known?.podSandboxId ?? '');
    this.containers = this.containers.filter((container) => container.id !== id);
    if (status !== undefined) this.containers = [status, ...this.containers].sort(newestFirst);
    return status;
  }

  async reloadSandbox(id: string): Promise<PodSandboxStatus | undefined> {
    const status = await orGone(this.#runtime.podSandboxStatus(id));
    this.sandboxes = this.sandboxes.filter((sandbox) => sandbox.id !== id);
    if (status !== undefined) this.sandboxes = [status, ...this.sandboxes].sort(newestFirst);
    return status;
  }

  /** No longer there. */
  forgetContainer(id: string): void {
    this.containers = this.containers.filter((container) => container.id !== id);
  }

  forgetSandbox(id: string): void {
    this.sandboxes = this.sandboxes.filter((sandbox) => sandbox.id !== id);
    this.containers = this.containers.filter((container) => container.podSandboxId !== id);
  }

  container(id: string): RuntimeContainer | undefined {
    return this.containers.find((container) => container.id === id);
  }

  /** The newest run of the container of this name, in the sandbox if one is given. */
  newest(name: string, sandboxId?: string): RuntimeContainer | undefined {
    return this.containers.find(
      ({ metadata, podSandboxId }) => metadata.name === name && (sandboxId === undefined || podSandboxId === sandboxId),
    );
  }

  runsOf(name: string): RuntimeContainer[] {
    return this.containers.filter(({ metadata }) => metadata.name === name);
  }

  get readySandbox(): PodSandboxStatus | undefined {
    return this.sandboxes.find(({ state }) => state === 'SANDBOX_READY');
  }

  get running(): RuntimeContainer[] {
    return this.containers.filter(({ state }) => state === 'CONTAINER_RUNNING' || state === 'CONTAINER_UNKNOWN');
  }

  /** Addresses of the sandbox in use; none for a pod in the host's network. */
  get ips(): string[] {
    const network = this.readySandbox?.network;
    if (!network?.ip) return [];
    return [network.ip, ...network.additionalIps.map(({ ip }) => ip)];
  }

  async #containerStatus(id: string, podSandboxId: string): Promise<RuntimeContainer | undefined> {
    const status = await orGone(this.#runtime.containerStatus(id));
    return status === undefined ? undefined : Object.assign(status, { podSandboxId });
  }
}

/** How often the container was restarted before this run. */
export function restartCountOf(container: RuntimeContainer): number {
  return Number(container.annotations['io.kubernetes.container.restartCount'] ?? 0);
}
