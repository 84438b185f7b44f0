import type { Node } from '#api/generated/core-v1.ts';
import type { ControllerOptions } from '../context.ts';
import { readyStatus } from './conditions.ts';

interface Zone {
  ready: Set<string>;
  notReady: Set<string>;
  /** Evictions that may start now; refilled with time. */
  tokens: number;
  refilled: number;
}

export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

type Options = Pick<
  ControllerOptions,
  'nodeEvictionRate' | 'secondaryNodeEvictionRate' | 'largeClusterSizeThreshold' | 'unhealthyZoneThreshold'
>;

const FULL = 'FullDisruption';

/**
 * Slows down evictions: one node after the other in a zone, hardly any where many nodes are down (then the network is more
 * likely at fault than the nodes), and none at all when no zone has a node that is well.
 */
export class Zones {
  readonly #options: Options;
  readonly #zones = new Map<string, Zone>();
  readonly #zoneOf = new Map<string, string>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Notes how a node is. Answers whether that changed the state of its zone. */
  note(node: Node): boolean {
    const { name } = node.metadata;
    const key = zoneKey(node);
    if (this.#zoneOf.has(name) && this.#zoneOf.get(name) !== key) this.forget(name);
    this.#zoneOf.set(name, key);
    const zone = this.#zone(key);
    const before = this.#stateOf(zone);
    const isReady = readyStatus(node) === 'True';
    zone[isReady ? 'ready' : 'notReady'].add(name);
    zone[isReady ? 'notReady' : 'ready'].delete(name);
    return this.#stateOf(zone) !== before;
  }

  forget(name: string): void {
    const key = this.#zoneOf.get(name);
    if (key === undefined) return;
    this.#zoneOf.delete(name);
    const zone = this.#zone(key);
    zone.ready.delete(name);
    zone.notReady.delete(name);
    if (zone.ready.size + zone.notReady.size === 0) this.#zones.delete(key);
  }

  stateOf(node: Node): ZoneState {
    return this.#stateOf(this.#zone(zoneKey(node)));
  }

  /** Takes one eviction out of the node's zone. 0: it may start now; else the milliseconds to wait; undefined: not until a zone recovers. */
  takeEviction(node: Node, now: number): number | undefined {
    if ([...this.#zones.values()].every((zone) => this.#stateOf(zone) === FULL)) return undefined;
    const zone = this.#zone(zoneKey(node));
    const rate = this.#rate(zone);
    if (rate <= 0) return undefined;
    zone.tokens = Math.min(1, zone.tokens + ((now - zone.refilled) / 1000) * rate);
    zone.refilled = now;
    if (zone.tokens < 0.999) return Math.ceil(((1 - zone.tokens) / rate) * 1000);
    zone.tokens = 0;
    return 0;
  }

  #rate(zone: Zone): number {
    if (this.#stateOf(zone) !== 'PartialDisruption') return this.#options.nodeEvictionRate;
    const isLarge = zone.ready.size + zone.notReady.size > this.#options.largeClusterSizeThreshold;
    return isLarge ? this.#options.secondaryNodeEvictionRate : 0;
  }

  #stateOf({ ready, notReady }: Zone): ZoneState {
    if (ready.size === 0 && notReady.size > 0) return FULL;
    const isPartial = notReady.size > 2 && notReady.size / (ready.size + notReady.size) >= this.#options.unhealthyZoneThreshold;
    return isPartial ? 'PartialDisruption' : 'Normal';
  }

  #zone(key: string): Zone {
    let zone = this.#zones.get(key);
    if (!zone) this.#zones.set(key, (zone = { ready: new Set(), notReady: new Set(), tokens: 1, refilled: Date.now() }));
    return zone;
  }
}

function zoneKey({ metadata }: Node): string {
  const { labels } = metadata;
  return `${labels?.['topology.kubernetes.io/region'] ?? ''}:\0:${labels?.['topology.kubernetes.io/zone'] ?? ''}`;
}
