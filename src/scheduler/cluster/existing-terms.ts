import { DomainCounts } from './match-counts.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo, Term } from './pod-info.ts';

/** What pods that are on nodes already want of a newcomer. */
export interface ExistingTerm {
  term: Term;
  /** How many pods in each domain want it. */
  domains: DomainCounts;
  pods: number;
}

/**
 * The affinity terms of all placed pods, like ones together: replicas of one Deployment are one entry, so that a newcomer
 * is held against a handful of terms rather than against every pod.
 */
export class ExistingTerms {
  readonly #entries = new Map<string, ExistingTerm>();

  values(): Iterable<ExistingTerm> {
    return this.#entries.values();
  }

  change(terms: readonly Term[], node: NodeInfo, amount: 1 | -1): void {
    for (const term of terms) {
      let entry = this.#entries.get(term.key);
      if (entry === undefined) this.#entries.set(term.key, (entry = { term, domains: new DomainCounts(), pods: 0 }));
      entry.pods += amount;
      const value = node.labels[term.topologyKey];
      if (value !== undefined) entry.domains.add(value, amount);
      if (entry.pods <= 0) this.#entries.delete(term.key);
    }
  }

  clear(): void {
    this.#entries.clear();
  }
}

/** The four sorts of terms, each by itself. */
export class TermIndex {
  readonly required = new ExistingTerms();
  readonly requiredAnti = new ExistingTerms();
  readonly preferred = new ExistingTerms();
  readonly preferredAnti = new ExistingTerms();

  change(node: NodeInfo, { affinity }: PodInfo, amount: 1 | -1): void {
    this.required.change(affinity.required, node, amount);
    this.requiredAnti.change(affinity.requiredAnti, node, amount);
    this.preferred.change(affinity.preferred, node, amount);
    this.preferredAnti.change(affinity.preferredAnti, node, amount);
  }

  clear(): void {
    for (const terms of [this.required, this.requiredAnti, this.preferred, this.preferredAnti]) terms.clear();
  }
}
