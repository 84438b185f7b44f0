import type { Duplex } from 'node:stream';
import { badRequest } from '#apimachinery';
import {
  bridgeCommand,
  COMMAND_PROTOCOLS,
  forwardChannels,
  forwardedPorts,
  isWebSocket,
  offersChannels,
  offersTunnel,
  passSpdy,
  tunnelSpdy,
  upgradeToSpdy,
  type CommandStreams,
  type Upgraded,
} from '#streaming';
import { isTrue, type Query } from '../http/parameters.ts';
import type { UpgradeExchange } from '../http/pipeline.ts';
import type { Registry } from '../registry/index.ts';
import { containerOf, findPod, kubeletUrl, nodeOf } from './node-location.ts';
import type { NodeTls } from './types.ts';

/** `kubectl exec` and `kubectl attach`, for clients that speak SPDY or WebSocket. The kubelet is spoken to in SPDY. */
export async function serveCommand(
  exchange: UpgradeExchange,
  socket: Duplex,
  head: Buffer,
  registry: Registry,
  tls: NodeTls,
): Promise<void> {
  const { request, query, info } = exchange;
  const streams = streamsOf(query);
  const pod = await findPod(registry, info);
  const container = containerOf(pod, query.get('container'));
  const url = await kubeletUrl(registry, nodeOf(pod));
  url.pathname = `/${info.subresource}/${info.namespace}/${info.name}/${container}`;
  for (const command of query.getAll('command')) url.searchParams.append('command', command);
  const parameters = { input: streams.stdin, output: streams.stdout, error: streams.stderr && !streams.tty, tty: streams.tty };
  for (const [name, isOn] of Object.entries(parameters)) if (isOn) url.searchParams.set(name, '1');
  if (isWebSocket(request)) {
    await bridgeCommand(request, socket, head, streams, () => upgradeToSpdy(url, COMMAND_PROTOCOLS, tls));
    return;
  }
  await passSpdy(exchange.request, socket, head, (protocols) =>
    upgradeToSpdy(url, protocols.length > 0 ? protocols : COMMAND_PROTOCOLS, tls),
  );
}

/**
 * `kubectl port-forward`: the client's SPDY connection, or the one inside of its WebSocket, goes on to the kubelet as it is.
 * Clients that know neither (in JavaScript) have a pair of WebSocket channels for each port.
 */
export async function servePortForward(
  exchange: UpgradeExchange,
  socket: Duplex,
  head: Buffer,
  registry: Registry,
  tls: NodeTls,
): Promise<void> {
  const { request, query, info } = exchange;
  const ports = isWebSocket(request) && offersChannels(request) ? forwardedPorts(query.getAll('ports')) : undefined;
  const pod = await findPod(registry, info);
  const url = await kubeletUrl(registry, nodeOf(pod));
  url.pathname = `/portForward/${info.namespace}/${info.name}`;
  const connect = (protocols: readonly string[]): Promise<Upgraded> => upgradeToSpdy(url, protocols, tls);
  if (!isWebSocket(request)) {
    await passSpdy(exchange.request, socket, head, (protocols) => connect(protocols.length > 0 ? protocols : ['portforward.k8s.io']));
    return;
  }
  if (ports !== undefined) return await forwardChannels(request, socket, head, ports, () => connect(['portforward.k8s.io']));
  if (!offersTunnel(request))
    throw badRequest('unable to upgrade: the WebSocket must offer SPDY/3.1+portforward.k8s.io or v4.channel.k8s.io');
  await tunnelSpdy(request, socket, head, () => connect(['portforward.k8s.io']));
}

function streamsOf(query: Query): CommandStreams {
  const isOn = (name: string): boolean => query.has(name) && isTrue(query.get(name));
  const streams = { stdin: isOn('stdin'), stdout: isOn('stdout'), stderr: isOn('stderr'), tty: isOn('tty') };
  if (!streams.stdin && !streams.stdout && !streams.stderr) throw badRequest('you must specify at least one of stdin, stdout, stderr');
  return streams;
}
