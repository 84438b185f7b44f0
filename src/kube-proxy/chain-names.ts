import { hash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first 16 characters of the SHA-256 sum in base 32. A chain's name has room for no more than 28. */
function shortHash(text: string): string {
  const sum = hash('sha256', text, 'buffer');
  let encoded = '';
  for (let bit = 0; bit < 80; bit += 5) {
    const at = bit >> 3;
    encoded += ALPHABET[(((sum[at]! << 8) | sum[at + 1]!) >> (11 - (bit & 7))) & 31];
  }
  return encoded;
}

/** The names of a service port's chains. `name` is `namespace/service:port` (no colon for a port without a name), `protocol` in lower case. */
export interface ServiceChains {
  /** All endpoints. */
  cluster: string;
  /** Endpoints on this node. */
  local: string;
  /** Traffic from outside: node ports, external and load balancer IPs. */
  external: string;
  /** Which sources may use the load balancer's IPs. */
  firewall: string;
}

export function serviceChains(name: string, protocol: string): ServiceChains {
  const suffix = shortHash(name + protocol);
  return { cluster: `KUBE-SVC-${suffix}`, local: `KUBE-SVL-${suffix}`, external: `KUBE-EXT-${suffix}`, firewall: `KUBE-FW-${suffix}` };
}

/** `target` is the endpoint as `ip:port`. */
export function endpointChain(name: string, protocol: string, target: string): string {
  return `KUBE-SEP-${shortHash(name + protocol + target)}`;
}

const SERVICE_CHAIN = /^KUBE-(?:SVC|SVL|EXT|FW|SEP)-[A-Z2-7]{16}$/;

/** Whether the chain belongs to one service or endpoint, of whichever run. */
export function isServiceChain(chain: string): boolean {
  return SERVICE_CHAIN.test(chain);
}
