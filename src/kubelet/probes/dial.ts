import { connect } from 'node:net';
import { failure, success, type ProbeResult } from './probe-result.ts';

const TEXTS: Record<string, string> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
  ECONNRESET: 'read: connection reset by peer',
};

/** A failed connection the way that probes report it: `dial tcp 10.0.0.1:80: connect: connection refused`. */
export function dialText(address: string, error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return `dial tcp ${address}: ${TEXTS[code] ?? message}`;
}

/** Whether something listens. */
export function probeTcp(host: string, port: number, timeoutMs: number): Promise<ProbeResult> {
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const socket = connect({ host, port });
  const finish = (result: ProbeResult): void => {
    clearTimeout(timer);
    socket.destroy();
    resolve(result);
  };
  const timer = setTimeout(() => finish(failure(`dial tcp ${address}: i/o timeout`)), timeoutMs);
  socket.once('connect', () => finish(success()));
  socket.once('error', (error) => finish(failure(dialText(address, error))));
  return promise;
}
