import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isAbsolute, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from '#client';
import { podLogDirectory } from '../containers/index.ts';
import type { ContainerRuntime } from '../cri/index.ts';
import { findContainer, type PodWorker, type PodWorkers } from '../pods/index.ts';
import { KubeletAuthorization } from './authorization.ts';
import { BadLogRequest, parseLogOptions } from './log-options.ts';
import { readLog } from './log-reader.ts';
import { resourceMetrics, statsSummary } from './stats.ts';
import { attachUrl, execUrl, portForwardUrl, type StreamingBridge } from './streams.ts';

export interface ServerOptions {
  port: number;
  address?: string;
  certificate: string;
  key: string;
  clientCa?: string;
  anonymous?: boolean;
  streaming?: StreamingBridge;
  client: Client;
  runtime: ContainerRuntime;
  workers: PodWorkers;
  nodeName: string;
  podLogs: string;
}

export interface KubeletServer {
  readonly port: number;
  close(): Promise<void>;
}

function reply(response: ServerResponse, code: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function codeOf(error: unknown): number {
  return error instanceof BadLogRequest ? error.code : 500;
}

class Handler {
  readonly #options: ServerOptions;
  readonly #authorization: KubeletAuthorization;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#authorization = new KubeletAuthorization(options.client, options.nodeName, options.anonymous === true);
  }

  async request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://kubelet');
    try {
      const access = await this.#authorization.check(request, url.pathname);
      if (!access.allowed) return reply(response, access.code, access.message);
      await this.#route(url, response);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else reply(response, codeOf(error), `${(error as Error).message}\n`);
    }
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://kubelet');
    try {
      const access = await this.#authorization.check(request, url.pathname);
      if (!access.allowed) throw new BadLogRequest(access.code, access.message);
      await this.#stream(url, request, socket, head);
    } catch (error) {
      const { message } = error as Error;
      socket.end(
        `HTTP/1.1 ${codeOf(error)} ${codeOf(error) === 404 ? 'Not Found' : 'Error'}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message)}\r\nConnection: close\r\n\r\n${message}`,
      );
    }
  }

  async #route(url: URL, response: ServerResponse): Promise<void> {
    const [area, ...rest] = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
    const { runtime, nodeName, workers } = this.#options;
    switch (area) {
      case 'healthz':
        return reply(response, 200, 'ok');
      case 'pods':
      case 'runningpods': {
        const items = [...workers].map(({ pod }) => pod);
        return reply(response, 200, JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items }), 'application/json');
      }
      case 'containerLogs':
        return this.#logs(rest, url.searchParams, response);
      case 'stats':
        return reply(response, 200, JSON.stringify(await statsSummary(runtime.runtime, nodeName)), 'application/json');
      case 'metrics':
        return reply(response, 200, await resourceMetrics(runtime.runtime), 'text/plain; version=0.0.4; charset=utf-8');
      case 'exec':
      case 'attach':
      case 'portForward':
        return reply(response, 400, 'you must request an upgrade of the connection (WebSocket or SPDY)\n');
      default:
        return reply(response, 404, '404 page not found\n');
    }
  }

  #worker(namespace: string, name: string): PodWorker {
    const worker = this.#options.workers.find(namespace, name);
    if (worker === undefined) throw new BadLogRequest(404, `pod "${name}_${namespace}" not found`);
    return worker;
  }

  async #logs([namespace = '', name = '', containerName = '']: string[], query: URLSearchParams, response: ServerResponse): Promise<void> {
    const options = parseLogOptions(query);
    const worker = this.#worker(namespace, name);
    const container = chooseRun(worker, containerName, options.previous);
    const path = isAbsolute(container.logPath)
      ? container.logPath
      : join(podLogDirectory(this.#options.podLogs, worker.pod), container.logPath);
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    const followed = {
      isRunning: () => worker.runtime.container(container.id)?.state === 'CONTAINER_RUNNING',
      ended: options.follow ? worker.containerEnded(container.id, closed.signal) : Promise.resolve(),
    };
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    response.flushHeaders();
    await pipeline(readLog(path, options, followed, closed.signal), response, { signal: closed.signal }).catch((error: unknown) => {
      if (!closed.signal.aborted) throw error;
    });
  }

  async #stream(url: URL, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { streaming, runtime } = this.#options;
    const [area, namespace = '', name = '', ...rest] = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
    if (streaming === undefined) throw new BadLogRequest(501, 'streaming is turned off on this kubelet');
    const worker = this.#worker(namespace, name);
    // /exec/{namespace}/{pod}/{container}, or with the pod's uid before the container.
    const container = rest.at(-1) ?? '';
    if (area === 'exec') return streaming.exec(request, socket, head, await execUrl(runtime.runtime, worker, container, url.searchParams));
    if (area === 'attach')
      return streaming.attach(request, socket, head, await attachUrl(runtime.runtime, worker, container, url.searchParams));
    if (area === 'portForward')
      return streaming.portForward(request, socket, head, await portForwardUrl(runtime.runtime, worker, url.searchParams));
    throw new BadLogRequest(404, '404 page not found');
  }
}

function chooseRun(worker: PodWorker, name: string, previous: boolean): { id: string; logPath: string } {
  const pod = worker.pod.metadata.name;
  if (findContainer(worker.pod, name) === undefined) throw new BadLogRequest(404, `container "${name}" not found in pod "${pod}"`);
  const [newest, ...older] = worker.runtime.runsOf(name).filter(({ state }) => state !== 'CONTAINER_CREATED');
  const wanted = previous ? (worker.isWaiting(name) && newest?.state === 'CONTAINER_EXITED' ? newest : older[0]) : newest;
  if (wanted !== undefined) return wanted;
  if (previous) throw new BadLogRequest(400, `previous terminated container "${name}" in pod "${pod}" not found`);
  const reason = worker.waitingReason(name);
  throw new BadLogRequest(400, `container "${name}" in pod "${pod}" is waiting to start: ${reason}`);
}

/** Serves the kubelet's API over HTTPS. Throws when the port is taken. */
export async function startServer(options: ServerOptions): Promise<KubeletServer> {
  const handler = new Handler(options);
  const server: Server = createServer(
    {
      cert: options.certificate,
      key: options.key,
      ca: options.clientCa,
      requestCert: options.clientCa !== undefined,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    },
    (request, response) => void handler.request(request, response),
  );
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    void handler.upgrade(request, socket, head);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`the kubelet's port ${options.port} is taken`, { cause: error }) : error),
    );
    server.listen(options.port, options.address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }),
  };
}
