import { changedFlows, UdpFlowCleaner } from './conntrack.ts';
import { Iptables, missingJumps, savedServiceChains, transaction, type Backend } from './iptables/index.ts';
import { nodePortIPs } from './node-ports.ts';
import { familyOf, type IpFamily, type KubeProxyOptions } from './options.ts';
import {
  compileService,
  fixedChains,
  nodePortRules,
  RuleBook,
  type FixedRulesOptions,
  type RuleContext,
  type UdpFlows,
} from './rules/index.ts';
import { runCommand } from './run-command.ts';
import type { ServiceWorld } from './service-world.ts';

export interface FamilyProxyOptions {
  proxy: KubeProxyOptions;
  world: ServiceWorld;
  family: IpFamily;
  backend: Backend;
  /** The pods' range in this family. */
  clusterCidr: string;
  tcpLiberal: boolean;
}

/** From this many endpoints on, rules about endpoints go without comments. */
const LARGE_CLUSTER = 1000;
/** And below this many they have them again: not on every endpoint that comes and goes at the border. */
const SMALL_CLUSTER = 900;

/** What one sync did. */
export interface SyncResult {
  full: boolean;
  /** Length of the transaction; 0: nothing had to be written. */
  bytes: number;
}

/** Keeps one IP family's tables as Services and endpoints say. */
export class FamilyProxy {
  readonly #options: FamilyProxyOptions;
  readonly #iptables: Iptables;
  readonly #book = new RuleBook();
  readonly #cleaner: UdpFlowCleaner;
  readonly #fixed: FixedRulesOptions;
  #dirty = new Set<string>();
  #context: RuleContext;
  #needsFullSync = true;
  #staleFlows: UdpFlows[] = [];

  constructor(options: FamilyProxyOptions) {
    const { proxy, family, backend, clusterCidr, tcpLiberal } = options;
    const run = proxy.runCommand ?? runCommand;
    this.#options = options;
    this.#iptables = new Iptables(run, family, backend);
    this.#cleaner = new UdpFlowCleaner(run, family, proxy.log);
    this.#fixed = { family, tcpLiberal, localhostNodePorts: proxy.localhostNodePorts ?? true };
    this.#context = {
      nodeName: proxy.nodeName,
      nodeIP: proxy.nodeAddresses.find((address) => familyOf(address) === family),
      clusterCidr,
      masqueradeAll: proxy.masqueradeAll ?? false,
      endpointComments: true,
    };
  }

  get book(): RuleBook {
    return this.#book;
  }

  /** The service is looked at again in the next sync. */
  touch(service: string): void {
    this.#dirty.add(service);
  }

  /** The next sync compiles and writes everything anew. */
  touchAll(): void {
    this.#needsFullSync = true;
  }

  isInPlace(): Promise<boolean> {
    return this.#iptables.isInPlace();
  }

  /** Writes what has changed, in one transaction. Throws when that fails; the next sync is then a full one. */
  async sync(): Promise<SyncResult> {
    const full = this.#needsFullSync;
    if (full) this.#compileAll();
    else for (const service of this.#dirty) this.#compile(service);
    this.#dirty.clear();
    this.#judgeSize();
    // Until it is known that the tables have it all.
    this.#needsFullSync = true;
    const input = full ? await this.#everything() : this.#changes();
    if (input !== '') await this.#iptables.restore(input);
    this.#needsFullSync = false;
    await this.#cleanFlows(full);
    return { full, bytes: input.length };
  }

  #compileAll(): void {
    this.#context = { ...this.#context, zone: this.#options.world.zone };
    const services = this.#options.world.services().map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    for (const service of new Set([...services, ...this.#book.keys()])) this.#compile(service);
  }

  #compile(key: string): void {
    const { world, family } = this.#options;
    const service = world.service(key);
    const rules = service && compileService(service, world.slices(key), family, this.#context);
    const flows = changedFlows(this.#book.get(key)?.udp ?? [], rules?.udp ?? []);
    this.#staleFlows.push(...flows);
    this.#book.set(key, rules);
  }

  #judgeSize(): void {
    const { endpointComments } = this.#context;
    const count = this.#book.endpointCount;
    if (endpointComments ? count <= LARGE_CLUSTER : count >= SMALL_CLUSTER) return;
    this.#context = { ...this.#context, endpointComments: !endpointComments };
    this.#compileAll();
  }

  #changes(): string {
    return transaction(this.#book.takeChanges());
  }

  async #everything(): Promise<string> {
    const { proxy, family } = this.#options;
    const saved = await this.#iptables.save();
    this.#book.tail = nodePortRules(this.#fixed, nodePortIPs(family, proxy.nodeAddresses, proxy.nodePortAddresses));
    const { filter, nat } = this.#book.takeAll(savedServiceChains(saved));
    const fixed = fixedChains(this.#fixed);
    return transaction({
      filter: { chains: new Map([...fixed.filter, ...filter.chains]), commands: missingJumps(saved, 'filter') },
      nat: { chains: new Map([...fixed.nat, ...nat.chains]), commands: missingJumps(saved, 'nat'), remove: nat.remove },
    });
  }

  /** After a full sync, flows of all services: endpoints may have gone while nobody was looking. */
  async #cleanFlows(full: boolean): Promise<void> {
    const changed = this.#staleFlows;
    this.#staleFlows = [];
    if (full || changed.length > 0) await this.#cleaner.clean(full ? [...changed, ...this.#book.udpFlows()] : changed);
  }
}
