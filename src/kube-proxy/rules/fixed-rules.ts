import type { IpFamily } from '../options.ts';
import { comment } from './service-rules.ts';

export type Table = 'mangle' | 'filter' | 'nat';

/** The mark of packets that are to leave with the node's address: bit 14, upstream's default. */
const MARK = '0x4000';

export interface FixedRulesOptions {
  family: IpFamily;
  localhostNodePorts: boolean;
  /** The kernel takes packets that it cannot place in a connection (`nf_conntrack_tcp_be_liberal`). */
  tcpLiberal: boolean;
}

/** A rule at the head of one of the kernel's own chains that leads to one of ours. */
export interface Jump {
  table: Table;
  from: string;
  to: string;
  /** The matches, as iptables-restore reads them. */
  match: string;
  comment: string;
}

const NEW = '-m conntrack --ctstate NEW';

function jump(table: Table, from: string, to: string, text: string, match = ''): Jump {
  return { table, from, to, match: [match, text && comment(text)].filter(Boolean).join(' '), comment: text };
}

/** The later ones come to stand above the earlier ones. */
export const JUMPS: readonly Jump[] = [
  jump('filter', 'INPUT', 'KUBE-EXTERNAL-SERVICES', 'kubernetes externally-visible service portals', NEW),
  jump('filter', 'FORWARD', 'KUBE-EXTERNAL-SERVICES', 'kubernetes externally-visible service portals', NEW),
  jump('filter', 'INPUT', 'KUBE-NODEPORTS', 'kubernetes health check service ports'),
  jump('filter', 'FORWARD', 'KUBE-SERVICES', 'kubernetes service portals', NEW),
  jump('filter', 'OUTPUT', 'KUBE-SERVICES', 'kubernetes service portals', NEW),
  jump('filter', 'FORWARD', 'KUBE-FORWARD', 'kubernetes forwarding rules'),
  jump('filter', 'INPUT', 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall', NEW),
  jump('filter', 'OUTPUT', 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall', NEW),
  jump('filter', 'FORWARD', 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall', NEW),
  jump('nat', 'OUTPUT', 'KUBE-SERVICES', 'kubernetes service portals'),
  jump('nat', 'PREROUTING', 'KUBE-SERVICES', 'kubernetes service portals'),
  jump('nat', 'POSTROUTING', 'KUBE-POSTROUTING', 'kubernetes postrouting rules'),
  jump('filter', 'INPUT', 'KUBE-FIREWALL', ''),
  jump('filter', 'OUTPUT', 'KUBE-FIREWALL', ''),
];

/** An empty chain in each table that the proxy uses, by which people and other programs see that a proxy is at work with this iptables. */
const CANARY = 'KUBE-PROXY-CANARY';

/** The chains whose rules depend on no service, by table. */
export function fixedChains({ family, localhostNodePorts, tcpLiberal }: FixedRulesOptions): Record<'filter' | 'nat', Map<string, string>> {
  return {
    filter: new Map([
      [CANARY, ''],
      ['KUBE-FORWARD', forwardRules(tcpLiberal)],
      ['KUBE-FIREWALL', family === 'IPv4' && localhostNodePorts ? FIREWALL_RULE : ''],
    ]),
    nat: new Map([
      [CANARY, ''],
      ['KUBE-POSTROUTING', POSTROUTING_RULES],
      ['KUBE-MARK-MASQ', `-A KUBE-MARK-MASQ -j MARK --or-mark ${MARK}\n`],
    ]),
  };
}

// The mark is taken off again, lest the packet be masqueraded a second time when it passes through here once more.
const POSTROUTING_RULES = `-A KUBE-POSTROUTING -m mark ! --mark ${MARK}/${MARK} -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark ${MARK}
-A KUBE-POSTROUTING ${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully
`;

// route_localnet would let neighbours on the network reach what listens on 127.0.0.1.
const FIREWALL_RULE = `-A KUBE-FIREWALL ${comment('block incoming localnet connections')} -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP\n`;

function forwardRules(tcpLiberal: boolean): string {
  // Packets out of place would reach the client with the endpoint's address as the sender, and it would reset the connection.
  const invalid = tcpLiberal ? '' : '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP\n';
  // Also where the policy of FORWARD is to drop.
  return `${invalid}-A KUBE-FORWARD ${comment('kubernetes forwarding rules')} -m mark --mark ${MARK}/${MARK} -j ACCEPT
-A KUBE-FORWARD ${comment('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
`;
}

/** The end of the nat table's KUBE-SERVICES: what is for the node itself may be for a NodePort. `addresses` undefined: all of the node's. */
export function nodePortRules({ family, localhostNodePorts }: FixedRulesOptions, addresses?: readonly string[]): string {
  const rule = (match: string): string =>
    `-A KUBE-SERVICES ${comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain')} ${match} -j KUBE-NODEPORTS\n`;
  if (addresses) return addresses.map((address) => rule(`-d ${address}`)).join('');
  // On ::1 node ports cannot work; on 127.0.0.1 they need route_localnet.
  const except = family === 'IPv6' ? ' ! -d ::1/128' : localhostNodePorts ? '' : ' ! -d 127.0.0.0/8';
  return rule(`-m addrtype --dst-type LOCAL${except}`);
}

const OWN_CHAINS: Record<Table, ReadonlySet<string>> = {
  // Upstream's proxy has one here as well.
  mangle: new Set([CANARY]),
  filter: new Set([
    CANARY,
    'KUBE-SERVICES',
    'KUBE-EXTERNAL-SERVICES',
    'KUBE-NODEPORTS',
    'KUBE-PROXY-FIREWALL',
    'KUBE-FORWARD',
    'KUBE-FIREWALL',
  ]),
  nat: new Set([CANARY, 'KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ']),
};

/** Whether the proxy makes a chain of this name whatever the services are. */
export function isFixedChain(table: Table, chain: string): boolean {
  return OWN_CHAINS[table].has(chain);
}
