import { SHARED_CHAINS, type ServiceRules, type SharedChain, type UdpFlows } from './service-rules.ts';

/** What has to be written so that the tables are as the book says. */
export interface RuleChanges {
  filter: ReadonlyMap<string, string>;
  nat: ReadonlyMap<string, string>;
  /** Chains of the nat table that nothing leads to any more. */
  removed: readonly string[];
}

/**
 * The rules of all services, and which chains have changed since they were last asked for. A change costs what its service
 * has; the chains that all services share are put together only when one of their lines is another.
 */
export class RuleBook {
  readonly #services = new Map<string, ServiceRules>();
  readonly #changedShared = new Set<SharedChain>();
  readonly #changedChains = new Map<string, string>();
  readonly #removedChains = new Set<string>();
  /** The end of the nat table's KUBE-SERVICES. */
  #tail = '';
  #endpointCount = 0;
  #chainCount = 0;

  get serviceCount(): number {
    return this.#services.size;
  }

  get endpointCount(): number {
    return this.#endpointCount;
  }

  /** Chains that services have of their own. */
  get chainCount(): number {
    return this.#chainCount;
  }

  set tail(tail: string) {
    if (tail === this.#tail) return;
    this.#tail = tail;
    this.#changedShared.add('nat KUBE-SERVICES');
  }

  get(service: string): ServiceRules | undefined {
    return this.#services.get(service);
  }

  keys(): Iterable<string> {
    return this.#services.keys();
  }

  /** Where UDP goes, for all services. */
  *udpFlows(): Iterable<UdpFlows> {
    for (const { udp } of this.#services.values()) yield* udp;
  }

  /** Puts a service's rules in the place of its former ones; undefined: it has none any more. */
  set(service: string, rules: ServiceRules | undefined): void {
    const old = this.#services.get(service);
    if (rules) this.#services.set(service, rules);
    else this.#services.delete(service);
    this.#endpointCount += (rules?.endpointCount ?? 0) - (old?.endpointCount ?? 0);
    this.#chainCount += (rules?.chains.size ?? 0) - (old?.chains.size ?? 0);
    for (const chain of SHARED_CHAINS) if ((rules?.shared[chain] ?? '') !== (old?.shared[chain] ?? '')) this.#changedShared.add(chain);
    for (const [chain, text] of rules?.chains ?? []) if (old?.chains.get(chain) !== text) this.#change(chain, text);
    for (const chain of old?.chains.keys() ?? []) if (!rules?.chains.has(chain)) this.#remove(chain);
  }

  /** What has changed since the last call of `takeChanges` or `takeAll`. */
  takeChanges(): RuleChanges {
    const filter = new Map<string, string>();
    const nat = new Map<string, string>();
    for (const chain of SHARED_CHAINS) if (this.#changedShared.has(chain)) this.#putShared(chain, { filter, nat });
    for (const [chain, text] of this.#changedChains) nat.set(chain, text);
    const removed = [...this.#removedChains];
    this.#forget();
    return { filter, nat, removed };
  }

  /** Everything. `existing` are the service chains in the nat table, of whichever run: those that the book does not have go. */
  takeAll(existing: Iterable<string>): RuleChanges {
    const filter = new Map<string, string>();
    const nat = new Map<string, string>();
    for (const chain of SHARED_CHAINS) this.#putShared(chain, { filter, nat });
    for (const { chains } of this.#services.values()) for (const [chain, text] of chains) nat.set(chain, text);
    this.#forget();
    return { filter, nat, removed: [...existing].filter((chain) => !nat.has(chain)) };
  }

  #putShared(shared: SharedChain, tables: Record<'filter' | 'nat', Map<string, string>>): void {
    const [table, chain] = shared.split(' ') as ['filter' | 'nat', string];
    let text = '';
    for (const rules of this.#services.values()) text += rules.shared[shared];
    tables[table].set(chain, shared === 'nat KUBE-SERVICES' ? text + this.#tail : text);
  }

  #change(chain: string, text: string): void {
    this.#changedChains.set(chain, text);
    this.#removedChains.delete(chain);
  }

  #remove(chain: string): void {
    this.#changedChains.delete(chain);
    this.#removedChains.add(chain);
  }

  #forget(): void {
    this.#changedShared.clear();
    this.#changedChains.clear();
    this.#removedChains.clear();
  }
}
