import { readFile } from 'node:fs/promises';
import type { Pod, PodDNSConfigOption } from '#api/generated/core-v1.ts';
import type { DnsConfig } from '../cri/index.ts';

export interface DnsSettings {
  /** The cluster's DNS servers. */
  clusterDns: readonly string[];
  clusterDomain: string;
  /** The node's own resolver configuration: `/etc/resolv.conf`. */
  resolverConfig: string;
}

const MAX_SERVERS = 3;
const MAX_SEARCHES = 32;
const CLUSTER_OPTIONS = ['ndots:5'];

/** Reads a resolver configuration. The last `search` and `options` lines count. */
function parseResolverConfig(text: string): DnsConfig {
  const config: DnsConfig = { servers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) config.servers.push(values[0]);
    if (keyword === 'search') config.searches = values.map((value) => value.replace(/\.$/, '')).filter(Boolean);
    if (keyword === 'options') config.options = values;
  }
  return config;
}

async function nodeConfig(path: string): Promise<DnsConfig> {
  const config = parseResolverConfig(await readFile(path, 'utf8').catch(() => ''));
  // A stub resolver on the node's loopback cannot be reached from a pod; it keeps the real servers here.
  if (!config.servers.includes('127.0.0.53')) return config;
  return parseResolverConfig(await readFile('/run/systemd/resolve/resolv.conf', 'utf8').catch(() => ''));
}

const unique = (values: readonly string[], max: number): string[] => [...new Set(values)].slice(0, max);

function mergeOptions(options: readonly string[], more: readonly PodDNSConfigOption[]): string[] {
  const merged = new Map(options.map((option) => [option.split(':')[0] ?? option, option]));
  for (const { name = '', value } of more) merged.set(name, value ? `${name}:${value}` : name);
  return [...merged.values()];
}

function policyOf(pod: Pod): string {
  const policy = pod.spec.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'ClusterFirstWithHostNet') return 'ClusterFirst';
  return policy === 'ClusterFirst' && pod.spec.hostNetwork === true ? 'Default' : policy;
}

/** Whether the pod wants the cluster's DNS and there is none. */
export function lacksClusterDns(pod: Pod, settings: DnsSettings): boolean {
  return policyOf(pod) === 'ClusterFirst' && settings.clusterDns.length === 0;
}

async function base(pod: Pod, settings: DnsSettings): Promise<DnsConfig> {
  const policy = policyOf(pod);
  if (policy === 'None') return { servers: [], searches: [], options: [] };
  const node = await nodeConfig(settings.resolverConfig);
  if (policy === 'Default' || settings.clusterDns.length === 0) return node;
  const { clusterDomain } = settings;
  const cluster = clusterDomain === '' ? [] : [`${pod.metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return { servers: [...settings.clusterDns], searches: [...cluster, ...node.searches], options: CLUSTER_OPTIONS };
}

/** The content of the pod's /etc/resolv.conf, by its dnsPolicy and dnsConfig. */
export async function podDns(pod: Pod, settings: DnsSettings): Promise<DnsConfig> {
  const config = await base(pod, settings);
  const { nameservers = [], searches = [], options = [] } = pod.spec.dnsConfig ?? {};
  return {
    servers: unique([...config.servers, ...nameservers], MAX_SERVERS),
    searches: unique([...config.searches, ...searches], MAX_SEARCHES),
    options: mergeOptions(config.options, options),
  };
}
