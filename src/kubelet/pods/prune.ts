import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimeService } from '../cri/index.ts';
import type { RuntimeContainer, RuntimePod } from './runtime-pod.ts';

/** Ended runs beside the newest one of each container: of these, one is kept for `lastState` and `logs --previous`. */
function surplus(runtime: RuntimePod): RuntimeContainer[] {
  const names = new Set(runtime.containers.map(({ metadata }) => metadata.name));
  return [...names].flatMap((name) => {
    const [, ...older] = runtime.runsOf(name);
    return older.filter(({ state }) => state === 'CONTAINER_EXITED').slice(1);
  });
}

/** Removes containers that ended long ago, with their logs, and sandboxes that hold nothing any more. */
export async function pruneDeadContainers(service: RuntimeService, runtime: RuntimePod, logDirectory: string): Promise<void> {
  for (const { id, logPath } of surplus(runtime)) {
    await service.removeContainer(id);
    runtime.forgetContainer(id);
    if (logPath !== '') await rm(logPath.startsWith('/') ? logPath : join(logDirectory, logPath), { force: true });
  }
  const [, ...older] = runtime.sandboxes;
  for (const { id, state } of older) {
    if (state === 'SANDBOX_READY' || runtime.containers.some(({ podSandboxId }) => podSandboxId === id)) continue;
    await service.removePodSandbox(id);
    runtime.forgetSandbox(id);
  }
}
