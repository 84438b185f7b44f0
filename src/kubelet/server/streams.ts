import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { findContainer, type PodWorker } from '../pods/index.ts';
import type { RuntimeService } from '../cri/index.ts';
import { BadLogRequest } from './log-options.ts';

/** Joins a client's upgraded connection to the runtime's streaming URL. Given to the kubelet from outside. */
export interface StreamingBridge {
  exec(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): void | Promise<void>;
  attach(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): void | Promise<void>;
  portForward(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): void | Promise<void>;
}

const isTrue = (query: URLSearchParams, ...names: string[]): boolean => names.some((name) => ['1', 'true'].includes(query.get(name) ?? ''));

function runningContainer(worker: PodWorker, name: string): { id: string; tty: boolean } {
  const status = worker.runtime.newest(name);
  if (status?.state !== 'CONTAINER_RUNNING') throw new BadLogRequest(404, `container not found (${JSON.stringify(name)})`);
  return { id: status.id, tty: findContainer(worker.pod, name)?.container.tty === true };
}

function flags(query: URLSearchParams): { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean } {
  const tty = isTrue(query, 'tty');
  const wanted = {
    stdin: isTrue(query, 'input', 'stdin'),
    stdout: isTrue(query, 'output', 'stdout'),
    stderr: isTrue(query, 'error', 'stderr') && !tty,
    tty,
  };
  if (!wanted.stdin && !wanted.stdout && !wanted.stderr)
    throw new BadLogRequest(400, 'you must specify at least 1 of stdin, stdout, stderr');
  return wanted;
}

/** The runtime's URL for an exec. Throws `BadLogRequest`, `CriError`. */
export function execUrl(runtime: RuntimeService, worker: PodWorker, container: string, query: URLSearchParams): Promise<string> {
  const { id } = runningContainer(worker, container);
  return runtime.exec({ containerId: id, cmd: query.getAll('command'), ...flags(query) });
}

/** An attached terminal is one only if the container has one. */
export function attachUrl(runtime: RuntimeService, worker: PodWorker, container: string, query: URLSearchParams): Promise<string> {
  const { id, tty } = runningContainer(worker, container);
  const wanted = flags(query);
  return runtime.attach({ containerId: id, ...wanted, tty, stderr: wanted.stderr && !tty });
}

export function portForwardUrl(runtime: RuntimeService, worker: PodWorker, query: URLSearchParams): Promise<string> {
  const sandbox = worker.runtime.readySandbox;
  if (sandbox === undefined) throw new BadLogRequest(404, 'failed to find sandbox for pod');
  const port = query
    .getAll('port')
    .flatMap((value) => value.split(','))
    .filter(Boolean)
    .map(Number);
  return runtime.portForward({ podSandboxId: sandbox.id, port });
}
