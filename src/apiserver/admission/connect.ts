import type { KubeObject } from '#apimachinery';
import type { RegistryRequest } from '../registry/index.ts';
import type { AdmissionAttributes } from '../types.ts';
import type { AdmissionChain } from './chain.ts';

type Options = Record<string, unknown>;

const isOn = (query: URLSearchParams, name: string): true | undefined => {
  const value = query.get(name);
  return value !== null && value !== 'false' && value !== '0' ? true : undefined;
};

const list = (values: readonly string[]): readonly string[] | undefined => (values.length === 0 ? undefined : values);

function command(query: URLSearchParams): Options {
  return {
    stdin: isOn(query, 'stdin'),
    stdout: isOn(query, 'stdout'),
    stderr: isOn(query, 'stderr'),
    tty: isOn(query, 'tty'),
    container: query.get('container') ?? undefined,
  };
}

/** The options of a connection, by subresource: the objects that admission sees. */
const OPTIONS: Readonly<Record<string, (query: URLSearchParams, rest: string) => Options>> = {
  exec: (query) => ({ ...command(query), command: list(query.getAll('command')) }),
  attach: command,
  portforward: (query) => ({
    ports: list(
      query
        .getAll('ports')
        .flatMap((ports) => ports.split(','))
        .filter((port) => port !== ''),
    ),
  }),
  proxy: (_query, path) => ({ path: path || undefined }),
};

/** Asks admission about a connection that goes on to something else: exec, attach, port-forward, proxy. Throws its refusal. */
export async function admitConnect(
  chain: AdmissionChain,
  { info, user, warn, annotate }: RegistryRequest,
  query: URLSearchParams,
): Promise<void> {
  const optionsOf = OPTIONS[info.subresource];
  if (optionsOf === undefined) return;
  const marker = `/${info.name}/proxy`;
  const at = info.path.indexOf(marker);
  const kind = kindOf(info.resource, info.subresource);
  const options = optionsOf(query, at < 0 ? '' : info.path.slice(at + marker.length));
  const attributes: AdmissionAttributes = {
    operation: 'CONNECT',
    kind: { group: '', version: 'v1', kind },
    resource: { group: info.group, version: info.version, resource: info.resource },
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    object: { apiVersion: 'v1', kind, ...options } as unknown as KubeObject,
    oldObject: undefined,
    user,
    dryRun: false,
    options: {},
    warn,
    annotate,
  };
  await chain.admit(attributes);
  await chain.validate(attributes);
}

const SINGULAR: Readonly<Record<string, string>> = { pods: 'Pod', services: 'Service', nodes: 'Node' };
const NAMES: Readonly<Record<string, string>> = { exec: 'Exec', attach: 'Attach', portforward: 'PortForward', proxy: 'Proxy' };

function kindOf(resource: string, subresource: string): string {
  return `${SINGULAR[resource] ?? ''}${NAMES[subresource] ?? ''}Options`;
}
