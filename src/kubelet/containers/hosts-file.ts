import { readFile, writeFile } from 'node:fs/promises';
import type { HostAlias, Pod } from '#api/generated/core-v1.ts';

const MAX_HOSTNAME = 63;

/** The pod's host name and, when it has a subdomain, its domain. */
function podHostname(pod: Pod, clusterDomain: string): { hostname: string; domain: string } {
  const { hostname = '', subdomain = '', hostnameOverride = '' } = pod.spec;
  if (hostnameOverride !== '') return { hostname: hostnameOverride, domain: '' };
  const name = hostname !== '' ? hostname : pod.metadata.name.slice(0, MAX_HOSTNAME).replace(/[-.]+$/, '');
  const domain = subdomain === '' ? '' : `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`;
  return { hostname: name, domain };
}

/** The name that the kernel shows in the pod. Throws when the full name is asked for and too long. */
export function kernelHostname(pod: Pod, clusterDomain: string): string {
  const { hostname, domain } = podHostname(pod, clusterDomain);
  if (pod.spec.setHostnameAsFQDN !== true || domain === '') return hostname;
  const full = `${hostname}.${domain}`;
  if (full.length > MAX_HOSTNAME + 1) {
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long (${MAX_HOSTNAME + 1} characters is the max, ${full.length} characters requested)`,
    );
  }
  return full;
}

const LOCAL_LINES = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'fe00::\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
];

function aliasLines(aliases: readonly HostAlias[]): string {
  if (aliases.length === 0) return '';
  const lines = aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join('')}`;
}

/** The text of the pod's /etc/hosts. */
export function hostsFile(pod: Pod, podIPs: readonly string[], clusterDomain: string): string {
  const { hostname, domain } = podHostname(pod, clusterDomain);
  const names = domain === '' ? hostname : `${hostname}.${domain}\t${hostname}`;
  const own = podIPs.map((ip) => `${ip}\t${names}`);
  return `# Kubernetes-managed hosts file.\n${[...LOCAL_LINES, ...own].join('\n')}\n${aliasLines(pod.spec.hostAliases ?? [])}`;
}

/** Writes the pod's hosts file; in the host's network it is the node's own with the pod's aliases. */
export async function writeHostsFile(path: string, pod: Pod, podIPs: readonly string[], clusterDomain: string): Promise<void> {
  if (pod.spec.hostNetwork !== true) return writeFile(path, hostsFile(pod, podIPs, clusterDomain));
  const node = await readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1\tlocalhost\n');
  return writeFile(path, `# Kubernetes-managed hosts file (host network).\n${node}${aliasLines(pod.spec.hostAliases ?? [])}`);
}
