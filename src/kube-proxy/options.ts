import type { Client } from '#client';
import type { RunCommand } from './run-command.ts';
import type { SysctlAccess } from './sysctls.ts';

export interface KubeProxyOptions {
  client: Client;
  nodeName: string;
  /** The node's own IP addresses, the one that others know it by first. */
  nodeAddresses: readonly string[];
  /** The pods' range: `10.244.0.0/16`, or two of different families joined by a comma. Rules are written for its families. */
  clusterCidr: string;
  /** Addresses and ranges on which NodePorts answer. `['primary']`: `nodeAddresses` alone. Default: all addresses of the node. */
  nodePortAddresses?: readonly string[];
  /** NodePorts on 127.0.0.1, too. Default: true. */
  localhostNodePorts?: boolean;
  /** Give all traffic to cluster IPs the node's address, not only what comes from outside of the pods' range. Default: false. */
  masqueradeAll?: boolean;
  /** `host:port` of `/healthz` and `/livez`; upstream's is `0.0.0.0:10256`. Default: not served. */
  healthAddress?: string;
  /** `host:port` of `/metrics` and `/proxyMode`; upstream's is `127.0.0.1:10249`. Default: not served. */
  metricsAddress?: string;
  /** While changes keep coming, syncs start at most this far apart (milliseconds). Default: 1000. */
  minSyncPeriod?: number;
  /** How often to look whether somebody else has taken the rules away (milliseconds). Default: 30,000. */
  syncPeriod?: number;
  signal: AbortSignal;
  /** Hears of what is worth an administrator's knowing, and of errors that are being retried. */
  log(message: string, error?: unknown): void;
  /** Default: starts the program in this process's network namespace. */
  runCommand?: RunCommand;
  /** Default: the files below /proc/sys. */
  sysctls?: SysctlAccess;
}

export type IpFamily = 'IPv4' | 'IPv6';

export function familyOf(address: string): IpFamily {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}
