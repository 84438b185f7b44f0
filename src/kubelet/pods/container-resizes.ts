import type { Container, Pod, ResourceRequirements } from '#api/generated/core-v1.ts';
import { jsonEqual } from '#apimachinery';
import { containerResources } from '../containers/index.ts';
import { killContainer } from './kill-container.ts';
import { isRestartableInit } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import type { RuntimeContainer, RuntimePod } from './runtime-pod.ts';

type Resources = Pick<ResourceRequirements, 'requests' | 'limits'>;

/** Static pods come from files that nobody has defaulted: they may leave `resources` out. */
function own(container: Container): Resources {
  const { requests, limits } = container.resources ?? {};
  return { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) };
}

/** Keeps the limits of one pod's running containers as its spec has them, and knows which ones hold. */
export class ContainerResizes {
  readonly #context: PodContext;
  readonly #runtime: RuntimePod;
  /** What running containers have, by id. */
  readonly #inForce = new Map<string, Resources>();

  constructor(context: PodContext, runtime: RuntimePod) {
    this.#context = context;
    this.#runtime = runtime;
  }

  /** The requests and limits that the running container has. `pod` tells what an earlier kubelet had given it. */
  inForce(pod: Pod, container: Container, id: string): Resources {
    const known = this.#inForce.get(id);
    if (known !== undefined) return known;
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
    const shown = [...containerStatuses, ...initContainerStatuses].find(({ containerID }) => containerID === `containerd://${id}`);
    const resources = shown?.resources ?? own(container);
    this.#inForce.set(id, resources);
    return resources;
  }

  /**
   * Gives running containers what the spec wants by now; those that asked for it are ended and start anew with it.
   * Says whether there was anything to do.
   */
  async sync(pod: Pod): Promise<boolean> {
    let changed = false;
    const running = this.#runtime.running;
    for (const id of this.#inForce.keys()) if (!running.some((status) => status.id === id)) this.#inForce.delete(id);
    const sidecars = (pod.spec.initContainers ?? []).filter(isRestartableInit);
    for (const container of [...pod.spec.containers, ...sidecars]) {
      const status = running.find(({ metadata }) => metadata.name === container.name);
      if (status === undefined) continue;
      const before = this.inForce(pod, container, status.id);
      const wanted = own(container);
      if (jsonEqual(before, wanted)) continue;
      changed = true;
      if (needsRestart(container, before, wanted)) await this.#restart(pod, container, status);
      else await this.#resize(pod, container, status.id, wanted);
    }
    return changed;
  }

  async #resize(pod: Pod, container: Container, id: string, wanted: Resources): Promise<void> {
    const { cgroups, runtime, nodeMemoryBytes } = this.#context;
    // The pod's limits have to be the wider ones all the time: set first when they grow, last when they shrink.
    await cgroups?.create(pod).catch(() => undefined);
    await runtime.runtime.updateContainerResources(id, containerResources(pod, container, nodeMemoryBytes));
    await cgroups?.create(pod);
    this.#inForce.set(id, wanted);
  }

  async #restart(pod: Pod, container: Container, status: RuntimeContainer): Promise<void> {
    await this.#context.cgroups?.create(pod).catch(() => undefined);
    await killContainer(this.#context, status, {
      pod,
      podIP: this.#runtime.ips[0] ?? this.#context.node.hostIPs[0] ?? '',
      graceSeconds: pod.spec.terminationGracePeriodSeconds ?? 30,
      message: `Container ${container.name} resize requires restart`,
    });
    await this.#runtime.reloadContainer(status.id);
  }
}

/** Whether a resource has changed that this container takes up only when it starts. */
function needsRestart(container: Container, before: Resources, wanted: Resources): boolean {
  return (container.resizePolicy ?? []).some(
    ({ resourceName: name, restartPolicy }) =>
      restartPolicy === 'RestartContainer' &&
      (before.requests?.[name] !== wanted.requests?.[name] || before.limits?.[name] !== wanted.limits?.[name]),
  );
}
