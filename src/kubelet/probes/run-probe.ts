import type { Container, HTTPGetAction, Pod, Probe } from '#api/generated/core-v1.ts';
import type { IntOrString } from '#apimachinery';
import { isCriError, type RuntimeService } from '../cri/index.ts';
import { probeTcp } from './dial.ts';
import { probeGrpc } from './grpc-probe.ts';
import { probeHttp } from './http-probe.ts';
import { failure, success, unknown, type ProbeResult } from './probe-result.ts';

export interface ProbeTarget {
  pod: Pod;
  container: Container;
  containerId: string;
  podIP: string;
}

const MAX_OUTPUT_BYTES = 10 * 1024;

/** A port by its number or by the name that the container gives it. Throws when there is no such port. */
export function resolvePort(port: IntOrString, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port);
  const number = named?.containerPort ?? Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw new Error(`couldn't find port: ${JSON.stringify(port)} in container ${JSON.stringify(container.name)}`);
}

export function httpUrl({ scheme = 'HTTP', host, port, path = '/' }: HTTPGetAction, container: Container, podIP: string): URL {
  const name = host || podIP;
  const address = name.includes(':') ? `[${name}]` : name;
  return new URL(path.startsWith('/') ? path : `/${path}`, `${scheme.toLowerCase()}://${address}:${resolvePort(port, container)}`);
}

export function headersOf({ httpHeaders = [] }: HTTPGetAction): Record<string, string> {
  return Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
}

async function probeExec(runtime: RuntimeService, containerId: string, command: string[], timeoutSeconds: number): Promise<ProbeResult> {
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, timeoutSeconds);
    const output = Buffer.concat([stdout, stderr]).subarray(0, MAX_OUTPUT_BYTES).toString();
    return exitCode === 0 ? success(output) : failure(output);
  } catch (error) {
    if (isCriError(error, 'DeadlineExceeded'))
      return failure(`command timed out: ${JSON.stringify(command.join(' '))} timed out after ${timeoutSeconds}s`);
    return unknown((error as Error).message);
  }
}

/** Tries a probe once. Never throws. */
export async function runProbe(
  runtime: RuntimeService,
  probe: Probe,
  { container, containerId, podIP }: ProbeTarget,
): Promise<ProbeResult> {
  const seconds = probe.timeoutSeconds || 1;
  const timeoutMs = seconds * 1000;
  try {
    if (probe.exec) return await probeExec(runtime, containerId, probe.exec.command ?? [], seconds);
    if (probe.httpGet)
      return await probeHttp({ url: httpUrl(probe.httpGet, container, podIP), headers: headersOf(probe.httpGet), timeoutMs });
    if (probe.tcpSocket) return await probeTcp(probe.tcpSocket.host || podIP, resolvePort(probe.tcpSocket.port, container), timeoutMs);
    if (probe.grpc) return await probeGrpc(podIP, probe.grpc.port, probe.grpc.service ?? '', timeoutMs);
    return unknown(`missing probe handler for container ${container.name}`);
  } catch (error) {
    return unknown((error as Error).message);
  }
}
