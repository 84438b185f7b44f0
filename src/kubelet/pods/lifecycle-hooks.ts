import { setTimeout as sleep } from 'node:timers/promises';
import type { Container, LifecycleHandler } from '#api/generated/core-v1.ts';
import type { RuntimeService } from '../cri/index.ts';
import { headersOf, httpUrl, probeHttp, probeTcp, resolvePort } from '../probes/index.ts';

export interface HookTarget {
  runtime: RuntimeService;
  container: Container;
  containerId: string;
  podIP: string;
}

const HTTP_TIMEOUT_MS = 30_000;

/** Runs a postStart or preStop handler to its end. Throws with what went wrong. */
export async function runHook(handler: LifecycleHandler, target: HookTarget, timeoutSeconds = 0): Promise<void> {
  const { runtime, container, containerId, podIP } = target;
  if (handler.sleep) await sleep(handler.sleep.seconds * 1000);
  if (handler.exec) {
    const command = handler.exec.command ?? [];
    const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, timeoutSeconds);
    const text = JSON.stringify(Buffer.concat([stdout, stderr]).toString());
    if (exitCode !== 0) throw new Error(`command '${command.join(' ')}' exited with ${exitCode}: , message: ${text}`);
  }
  if (handler.httpGet) {
    const timeoutMs = timeoutSeconds === 0 ? HTTP_TIMEOUT_MS : timeoutSeconds * 1000;
    const { result, output } = await probeHttp({
      url: httpUrl(handler.httpGet, container, podIP),
      headers: headersOf(handler.httpGet),
      timeoutMs,
    });
    if (result !== 'success') throw new Error(output);
  }
  if (handler.tcpSocket) {
    const { result, output } = await probeTcp(
      handler.tcpSocket.host || podIP,
      resolvePort(handler.tcpSocket.port, container),
      HTTP_TIMEOUT_MS,
    );
    if (result !== 'success') throw new Error(output);
  }
}
