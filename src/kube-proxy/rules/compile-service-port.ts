import { BlockList, isIP } from 'node:net';
import { endpointChain, serviceChains, type ServiceChains } from '../chain-names.ts';
import { isExternallyAccessible, usableEndpoints, type Endpoint, type ServicePort, type UsableEndpoints } from '../services/index.ts';
import { comment, type RuleContext, type SharedChain } from './service-rules.ts';

/** Where rules are written to. */
interface Output {
  shared: Record<SharedChain, string>;
  chains: Map<string, string>;
}

const MARK_MASQ = 'KUBE-MARK-MASQ';

/** Writes the rules of one service port. */
export class ServicePortCompiler {
  readonly #port: ServicePort;
  readonly #context: RuleContext;
  readonly #output: Output;
  readonly #chains: ServiceChains;
  readonly #usable: UsableEndpoints;
  /** Matches on the protocol. */
  readonly #protocol: string;
  /** Where traffic to the cluster IP goes; undefined: nowhere. */
  readonly #internalTarget: string | undefined;
  /** Where traffic from outside goes in the end; undefined: nowhere. */
  readonly #externalTarget: string | undefined;

  constructor(port: ServicePort, endpoints: readonly Endpoint[], context: RuleContext, output: Output) {
    this.#port = port;
    this.#context = context;
    this.#output = output;
    this.#chains = serviceChains(port.name, port.protocol);
    this.#usable = usableEndpoints(port, endpoints, context);
    this.#protocol = `-m ${port.protocol} -p ${port.protocol}`;
    this.#internalTarget = this.#policyChain(port.internalLocal);
    this.#externalTarget = this.#policyChain(port.externalLocal);
  }

  compile(): void {
    this.#captureClusterIP();
    this.#captureExternalIPs();
    this.#captureLoadBalancerIPs();
    this.#captureNodePort();
    this.#acceptHealthChecks();
    this.#masqueradeInternal();
    if (this.#usable.any && isExternallyAccessible(this.#port)) this.#writeExternalChain();
    if (this.#usesFirewall()) this.#writeFirewallChain();
    const { cluster, local, reachable } = this.#usable;
    if (cluster.length > 0) this.#writePolicyChain(this.#chains.cluster, cluster);
    if (local.length > 0) this.#writePolicyChain(this.#chains.local, local);
    for (const endpoint of reachable) this.#writeEndpointChain(endpoint);
  }

  #policyChain(localOnly: boolean): string | undefined {
    if (localOnly) return this.#usable.local.length > 0 ? this.#chains.local : undefined;
    return this.#usable.any ? this.#chains.cluster : undefined;
  }

  #usesFirewall(): boolean {
    return this.#usable.any && this.#port.loadBalancerIPs.length > 0 && this.#port.sourceRanges.length > 0;
  }

  #share(chain: SharedChain, rule: string): void {
    this.#output.shared[chain] += `-A ${chain.slice(chain.indexOf(' ') + 1)} ${rule}\n`;
  }

  #add(chain: string, rule: string): void {
    this.#output.chains.set(chain, `${this.#output.chains.get(chain) ?? ''}-A ${chain} ${rule}\n`);
  }

  /** Traffic that nobody can take: refused when there is no endpoint at all, dropped when only this node has none. */
  get #refusal(): { why: string; target: string } {
    const { name } = this.#port;
    return this.#usable.any
      ? { why: comment(`${name} has no local endpoints`), target: 'DROP' }
      : { why: comment(`${name} has no endpoints`), target: 'REJECT' };
  }

  #to(address: string): string {
    return `${this.#protocol} -d ${address} --dport ${this.#port.port}`;
  }

  #captureClusterIP(): void {
    const { name, clusterIP } = this.#port;
    if (this.#internalTarget) {
      this.#share('nat KUBE-SERVICES', `${comment(`${name} cluster IP`)} ${this.#to(clusterIP)} -j ${this.#internalTarget}`);
    } else {
      const { why, target } = this.#refusal;
      this.#share('filter KUBE-SERVICES', `${why} ${this.#to(clusterIP)} -j ${target}`);
    }
  }

  #captureExternalIPs(): void {
    const { name, externalIPs } = this.#port;
    for (const address of externalIPs) {
      const match = this.#to(address);
      if (this.#usable.any) this.#share('nat KUBE-SERVICES', `${comment(`${name} external IP`)} ${match} -j ${this.#chains.external}`);
      this.#refuseExternal(match);
    }
  }

  #captureLoadBalancerIPs(): void {
    const { name, loadBalancerIPs } = this.#port;
    const firewall = this.#usesFirewall();
    for (const address of loadBalancerIPs) {
      const match = this.#to(address);
      const target = firewall ? this.#chains.firewall : this.#chains.external;
      if (this.#usable.any) this.#share('nat KUBE-SERVICES', `${comment(`${name} loadbalancer IP`)} ${match} -j ${target}`);
      if (firewall)
        this.#share(
          'filter KUBE-PROXY-FIREWALL',
          `${comment(`${name} traffic not accepted by ${this.#chains.firewall}`)} ${match} -j DROP`,
        );
      this.#refuseExternal(match);
    }
  }

  #captureNodePort(): void {
    const { name, nodePort } = this.#port;
    if (nodePort === 0) return;
    const match = `${this.#protocol} --dport ${nodePort}`;
    if (this.#usable.any) this.#share('nat KUBE-NODEPORTS', `${comment(name)} ${match} -j ${this.#chains.external}`);
    this.#refuseExternal(`-m addrtype --dst-type LOCAL ${match}`);
  }

  #refuseExternal(match: string): void {
    if (this.#externalTarget) return;
    const { why, target } = this.#refusal;
    this.#share('filter KUBE-EXTERNAL-SERVICES', `${why} ${match} -j ${target}`);
  }

  #acceptHealthChecks(): void {
    const { name, healthCheckNodePort } = this.#port;
    if (healthCheckNodePort === 0) return;
    this.#share(
      'filter KUBE-NODEPORTS',
      `${comment(`${name} health check node port`)} -m tcp -p tcp --dport ${healthCheckNodePort} -j ACCEPT`,
    );
  }

  /** Clients outside of the pods' range that route the service range to this node: the answer has to come back through it. */
  #masqueradeInternal(): void {
    const { clusterCidr, masqueradeAll } = this.#context;
    if (!this.#internalTarget || (!masqueradeAll && !clusterCidr)) return;
    const match = `${comment(`${this.#port.name} cluster IP`)} ${this.#to(this.#port.clusterIP)}`;
    this.#add(this.#internalTarget, `${match}${masqueradeAll ? '' : ` ! -s ${clusterCidr}`} -j ${MARK_MASQ}`);
  }

  #writeExternalChain(): void {
    const { name, externalLocal } = this.#port;
    const { external, cluster } = this.#chains;
    const about = (what: string): string => comment(`${what} ${name} external destinations`);
    if (externalLocal) {
      // Pods and the node itself are served as if they had gone out to a balancer and come in again.
      const { clusterCidr } = this.#context;
      if (clusterCidr) this.#add(external, `${about('pod traffic for')} -s ${clusterCidr} -j ${cluster}`);
      // A load balancer's address may be the node's own, and then it is the source address of the node's traffic to it.
      this.#add(external, `${about('masquerade LOCAL traffic for')} -m addrtype --src-type LOCAL -j ${MARK_MASQ}`);
      this.#add(external, `${about('route LOCAL traffic for')} -m addrtype --src-type LOCAL -j ${cluster}`);
    } else {
      // The endpoint may be on another node, which would answer past this one.
      this.#add(external, `${about('masquerade traffic for')} -j ${MARK_MASQ}`);
    }
    if (this.#externalTarget) this.#add(external, `-j ${this.#externalTarget}`);
  }

  #writeFirewallChain(): void {
    const { name, sourceRanges, loadBalancerIPs } = this.#port;
    const { firewall, external } = this.#chains;
    const about = comment(`${name} loadbalancer IP`);
    for (const range of sourceRanges) this.#add(firewall, `${about} -s ${range} -j ${external}`);
    if (sourceRanges.some((range) => contains(range, this.#context.nodeIP))) {
      for (const address of loadBalancerIPs) this.#add(firewall, `${about} -s ${address} -j ${external}`);
    }
    this.#add(firewall, comment(`other traffic to ${name} will be dropped by KUBE-PROXY-FIREWALL`));
  }

  #writePolicyChain(chain: string, endpoints: readonly Endpoint[]): void {
    const { affinitySeconds } = this.#port;
    if (affinitySeconds !== undefined) {
      for (const endpoint of endpoints) {
        const to = this.#endpointChain(endpoint);
        this.#add(chain, `${this.#towards(endpoint)}-m recent --name ${to} --rcheck --seconds ${affinitySeconds} --reap -j ${to}`);
      }
    }
    endpoints.forEach((endpoint, index) => {
      const left = endpoints.length - index;
      const chance = left > 1 ? `-m statistic --mode random --probability ${(1 / left).toFixed(10)} ` : '';
      this.#add(chain, `${this.#towards(endpoint)}${chance}-j ${this.#endpointChain(endpoint)}`);
    });
  }

  #writeEndpointChain(endpoint: Endpoint): void {
    const chain = this.#endpointChain(endpoint);
    const about = this.#context.endpointComments ? `${comment(this.#port.name)} ` : '';
    // A pod that reaches itself through its service must not see its own address as the sender.
    this.#add(chain, `${about}-s ${endpoint.ip} -j ${MARK_MASQ}`);
    const remember = this.#port.affinitySeconds === undefined ? '' : `-m recent --name ${chain} --set `;
    this.#add(chain, `${about}${remember}${this.#protocol} -j DNAT --to-destination ${endpoint.target}`);
  }

  #endpointChain({ target }: Endpoint): string {
    return endpointChain(this.#port.name, this.#port.protocol, target);
  }

  #towards({ target }: Endpoint): string {
    return this.#context.endpointComments ? `${comment(`${this.#port.name} -> ${target}`)} ` : '';
  }
}

function contains(range: string, address: string | undefined): boolean {
  const [network = '', prefix = ''] = range.split('/');
  if (!address || isIP(network) === 0) return false;
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family);
  return list.check(address, family);
}
