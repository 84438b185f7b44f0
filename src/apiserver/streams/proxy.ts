import type { RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { EndpointSlice } from '#api/generated/discovery-v1.ts';
import type { Node, Service } from '#api/generated/core-v1.ts';
import { badRequest, notFound, serviceUnavailable } from '#apimachinery';
import type { Exchange, UpgradeExchange } from '../http/pipeline.ts';
import { answerUpgrade, pump, upgradeTo } from '#streaming';
import type { Registry } from '../registry/index.ts';
import { findPod, kubeletUrl } from './node-location.ts';
import { forward, passedHeaders } from './proxy-response.ts';
import type { NodeTls } from './types.ts';

/** `…/proxy/…` of pods, services and nodes: passes a request on to them. The name may be `scheme:name:port`. */
export async function serveProxy(exchange: Exchange, registry: Registry, tls: NodeTls): Promise<void> {
  const { request, response } = exchange;
  await forward(request, response, await proxiedUrl(exchange, registry), { ...proxyOptions(exchange, tls), withBody: true });
}

/** The same for a request that switches protocols: a WebSocket to what runs in a pod. */
export async function serveProxyUpgrade(
  exchange: UpgradeExchange,
  socket: Duplex,
  head: Buffer,
  registry: Registry,
  tls: NodeTls,
): Promise<void> {
  const { request } = exchange;
  const url = await proxiedUrl(exchange, registry);
  const { headers, ...options } = proxyOptions(exchange, tls);
  const { connection = 'Upgrade', upgrade = '' } = request.headers;
  const upgraded = await upgradeTo(url, { ...options, method: request.method, headers: { ...headers, connection, upgrade } });
  answerUpgrade(socket, upgraded.response);
  if (upgraded.head.length > 0) socket.write(upgraded.head);
  if (head.length > 0) upgraded.socket.write(head);
  await pump(socket, upgraded.socket);
}

async function proxiedUrl({ request, info }: UpgradeExchange, registry: Registry): Promise<URL> {
  const [scheme, name, port] = splitName(info.name);
  const url = await targetOf(registry, { ...info, name }, scheme, port);
  url.pathname = proxiedPath(info);
  const mark = request.url?.indexOf('?') ?? -1;
  if (mark >= 0) url.search = request.url?.slice(mark) ?? '';
  return url;
}

function proxyOptions(
  { request, info }: UpgradeExchange,
  tls: NodeTls,
): Omit<RequestOptions, 'headers'> & { headers: Record<string, string | string[]> } {
  const forwarded = { 'x-forwarded-for': request.socket.remoteAddress ?? '', 'x-forwarded-host': request.headers.host ?? '' };
  return { ...(info.resource === 'nodes' ? tls : { rejectUnauthorized: false }), headers: { ...passedHeaders(request), ...forwarded } };
}

/** What stands behind `…/NAME/proxy`, encoded as it came: the path is the other server's to read. */
function proxiedPath({ path, namespace, resource }: Exchange['info']): string {
  // `/api/v1/namespaces/NS/pods/NAME/proxy`, `/api/v1/nodes/NAME/proxy`
  const before = resource === 'nodes' || namespace === '' ? 5 : 7;
  const parts = path.split('/');
  return `/${parts.slice(before + 1).join('/')}`;
}

function splitName(text: string): [scheme: string, name: string, port: string] {
  const parts = text.split(':');
  if (parts.length === 3) return [parts[0] ?? '', parts[1] ?? '', parts[2] ?? ''];
  return ['', parts[0] ?? '', parts[1] ?? ''];
}

async function targetOf(registry: Registry, info: Exchange['info'], scheme: string, port: string): Promise<URL> {
  const protocol = scheme === 'https' ? 'https' : 'http';
  switch (info.resource) {
    case 'nodes': {
      const url = await kubeletUrl(registry, info.name);
      const node = (await registry.resource('', 'nodes')?.find('', info.name))?.object as Node | undefined;
      if (port !== '' && port !== String(node?.status.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250)) url.port = port;
      return url;
    }
    case 'pods': {
      const pod = await findPod(registry, info);
      const first = pod.spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
      if (pod.status.podIP === undefined) throw badRequest(`address not allowed: pod ${info.name} has no IP yet`);
      return new URL(`${protocol}://${pod.status.podIP}:${port === '' ? (first ?? 80) : port}`);
    }
    default:
      return await serviceUrl(registry, info, protocol, port);
  }
}

async function serviceUrl(registry: Registry, { namespace, name }: Exchange['info'], protocol: string, port: string): Promise<URL> {
  const service = (await registry.resource('', 'services')?.find(namespace, name))?.object as Service | undefined;
  if (service === undefined) throw notFound({ group: '', resource: 'services' }, name);
  const ports = service.spec.ports ?? [];
  const wanted = port === '' ? ports[0] : ports.find((item) => item.name === port || String(item.port) === port);
  if (wanted === undefined) throw serviceUnavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`);
  const slices = registry.resource('discovery.k8s.io', 'endpointslices');
  await slices?.cache.fresh();
  for (const { object } of slices?.cache.list(namespace) ?? []) {
    const slice = object as EndpointSlice;
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== name) continue;
    const target = slice.ports?.find((item) => (item.name ?? '') === (wanted.name ?? ''))?.port;
    const ready = slice.endpoints.filter(({ conditions }) => conditions?.ready !== false);
    const address = ready[Math.floor(Math.random() * ready.length)]?.addresses[0];
    if (target !== undefined && address !== undefined) return new URL(`${protocol}://${address}:${target}`);
  }
  throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
}
