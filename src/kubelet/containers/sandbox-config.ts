import { isAbsolute } from 'node:path';
import type { Pod } from '#api/generated/core-v1.ts';
import type { PodSandboxConfig, PortMapping } from '../cri/index.ts';
import { podContainers } from '../pods/pod-containers.ts';
import { podDns, type DnsSettings } from './dns.ts';
import { kernelHostname } from './hosts-file.ts';
import { podLabels } from './labels.ts';
import { podLogDirectory } from './log-directory.ts';
import { sandboxSecurityContext } from './security-context.ts';

export interface SandboxSettings extends DnsSettings {
  /** Directory of all pods' logs; absolute. */
  podLogs: string;
}

function portMappings(pod: Pod): PortMapping[] {
  if (pod.spec.hostNetwork === true) return [];
  const mappings: PortMapping[] = [];
  for (const { container } of podContainers(pod)) {
    for (const { hostPort, containerPort, protocol = 'TCP', hostIP = '' } of container.ports ?? []) {
      if (hostPort) mappings.push({ protocol: protocol as PortMapping['protocol'], containerPort, hostPort, hostIp: hostIP });
    }
  }
  return mappings;
}

/** What the runtime is told about the pod as a whole. Throws when the pod asks for what this node cannot give. */
export async function sandboxConfig(pod: Pod, attempt: number, cgroupParent: string, settings: SandboxSettings): Promise<PodSandboxConfig> {
  if (!isAbsolute(settings.podLogs)) throw new Error(`the pod log directory ${settings.podLogs} is not absolute`);
  if (pod.spec.hostUsers === false) throw new Error('user namespaces (hostUsers: false) are not supported by the container runtime');
  const { name, namespace = '', uid = '', annotations = {} } = pod.metadata;
  const sysctls = Object.fromEntries(
    (pod.spec.securityContext?.sysctls ?? []).map((sysctl) => [sysctl.name.replaceAll('/', '.'), sysctl.value]),
  );
  return {
    metadata: { name, namespace, uid, attempt },
    hostname: pod.spec.hostNetwork === true ? '' : kernelHostname(pod, settings.clusterDomain),
    logDirectory: podLogDirectory(settings.podLogs, pod),
    dnsConfig: await podDns(pod, settings),
    portMappings: portMappings(pod),
    labels: podLabels(pod),
    annotations,
    linux: { cgroupParent, securityContext: sandboxSecurityContext(pod), sysctls },
  };
}
