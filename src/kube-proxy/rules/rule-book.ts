import { SHARED_CHAINS, type ServiceRules, type SharedChain, type UdpFlows } from './service-rules.ts';

/** What has to be written to one table. */
export interface TableRules {
  /** Chains that are written whole: name → rules. */
  chains: Map<string, string>;
  /** Rules put into chains and taken out of them: `-I …`, `-D …`. */
  commands: string[];
  /** Chains that nothing leads to any more. */
  remove: string[];
}

/** What has to be written so that the tables are as the book says. */
export interface RuleChanges {
  filter: TableRules;
  nat: TableRules;
}

/** Lines by which a shared chain differs from what was written last. */
interface LineChanges {
  added: Set<string>;
  removed: Set<string>;
}

/** With more changed lines than this, a shared chain is written whole: taking one line out costs a look at all. */
const MANY_LINES = 50;

/**
 * The rules of all services, and which chains have changed since they were last asked for. A change costs what its service
 * has: in the chains that all services share, only their lines are exchanged (the order of services means nothing there).
 */
export class RuleBook {
  readonly #services = new Map<string, ServiceRules>();
  readonly #changedShared = new Map<SharedChain, LineChanges>();
  readonly #changedChains = new Map<string, string>();
  readonly #removedChains = new Set<string>();
  /** The end of the nat table's KUBE-SERVICES. */
  tail = '';
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
    for (const chain of SHARED_CHAINS) this.#exchange(chain, old?.shared[chain] ?? '', rules?.shared[chain] ?? '');
    for (const [chain, text] of rules?.chains ?? []) if (old?.chains.get(chain) !== text) this.#change(chain, text);
    for (const chain of old?.chains.keys() ?? []) if (!rules?.chains.has(chain)) this.#remove(chain);
  }

  /** What has changed since the last call of `takeChanges` or `takeAll`. */
  takeChanges(): RuleChanges {
    const changes = noChanges();
    for (const [chain, lines] of this.#changedShared) {
      if (lines.added.size + lines.removed.size > MANY_LINES) this.#putShared(chain, changes);
      else changes[tableOf(chain)].commands.push(...exchangeCommands(lines));
    }
    for (const [chain, text] of this.#changedChains) changes.nat.chains.set(chain, text);
    changes.nat.remove.push(...this.#removedChains);
    this.#forget();
    return changes;
  }

  /** Everything. `existing` are the service chains in the nat table, of whichever run: those that the book does not have go. */
  takeAll(existing: Iterable<string>): RuleChanges {
    const changes = noChanges();
    for (const chain of SHARED_CHAINS) this.#putShared(chain, changes);
    const { chains, remove } = changes.nat;
    for (const rules of this.#services.values()) for (const [chain, text] of rules.chains) chains.set(chain, text);
    for (const chain of existing) if (!chains.has(chain)) remove.push(chain);
    this.#forget();
    return changes;
  }

  #putShared(shared: SharedChain, changes: RuleChanges): void {
    let text = '';
    for (const rules of this.#services.values()) text += rules.shared[shared];
    changes[tableOf(shared)].chains.set(shared.slice(shared.indexOf(' ') + 1), shared === 'nat KUBE-SERVICES' ? text + this.tail : text);
  }

  #exchange(chain: SharedChain, old: string, now: string): void {
    if (old === now) return;
    let changes = this.#changedShared.get(chain);
    if (!changes) this.#changedShared.set(chain, (changes = { added: new Set(), removed: new Set() }));
    const before = linesOf(old);
    const after = linesOf(now);
    for (const line of before) if (!after.has(line) && !changes.added.delete(line)) changes.removed.add(line);
    for (const line of after) if (!before.has(line) && !changes.removed.delete(line)) changes.added.add(line);
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

function noChanges(): RuleChanges {
  const none = (): TableRules => ({ chains: new Map<string, string>(), commands: [], remove: [] });
  return { filter: none(), nat: none() };
}

function tableOf(chain: SharedChain): 'filter' | 'nat' {
  return chain.startsWith('nat ') ? 'nat' : 'filter';
}

/** New rules come to the head: what has to be the last rule stays it. */
function exchangeCommands({ added, removed }: LineChanges): string[] {
  return [...Array.from(removed, (line) => `-D${line.slice(2)}`), ...Array.from(added, (line) => `-I${line.slice(2)}`)];
}

function linesOf(text: string): Set<string> {
  return new Set(text.split('\n').slice(0, -1));
}
