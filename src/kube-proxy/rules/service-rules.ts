/** Chains to which every service may contribute lines. */
export const SHARED_CHAINS = [
  'filter KUBE-SERVICES',
  'filter KUBE-EXTERNAL-SERVICES',
  'filter KUBE-NODEPORTS',
  'filter KUBE-PROXY-FIREWALL',
  'nat KUBE-SERVICES',
  'nat KUBE-NODEPORTS',
] as const;

export type SharedChain = (typeof SHARED_CHAINS)[number];

/** Where UDP packets of a service port are sent, and who may still answer them. */
export interface UdpFlows {
  /** Addresses at which `port` leads to the service. */
  addresses: readonly string[];
  port: number;
  /** 0: none. */
  nodePort: number;
  /** Endpoints that serve, as `ip:port`. */
  targets: ReadonlySet<string>;
}

/** All that one service puts into the tables. Rules are whole lines: `-A CHAIN … -j TARGET\n`. */
export interface ServiceRules {
  shared: Record<SharedChain, string>;
  /** Chains of its own in the nat table, by name. */
  chains: ReadonlyMap<string, string>;
  udp: readonly UdpFlows[];
  /** Endpoints of all ports, usable or not: what the size of the cluster is judged by. */
  endpointCount: number;
}

/** What rules depend on besides the service and its endpoints. */
export interface RuleContext {
  nodeName: string;
  zone?: string;
  /** An address of the node, of the rules' family. */
  nodeIP?: string;
  /** The pods' range. Without it no traffic is known to come from pods. */
  clusterCidr?: string;
  masqueradeAll: boolean;
  /** Whether rules about endpoints say which service they are for; left out in large clusters, where they are most of the text. */
  endpointComments: boolean;
}

/** A rule's match on a comment; iptables-restore takes no quotes inside, and names of Kubernetes have none. */
export function comment(text: string): string {
  return `-m comment --comment "${text}"`;
}
