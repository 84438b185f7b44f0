import type { FlowSchema } from '#api/generated/flowcontrol-v1.ts';
import type { RequestInfo, UserInfo } from '../types.ts';
import type { PriorityLevel } from './priority-level.ts';
import type { SchemaFigures } from './figures.ts';
import { flowRule, type FlowRule } from './rules.ts';
import { hashOf } from './shuffle-shard.ts';

/** Tells the client how its request was classified. */
export type FlowHeaders = Readonly<Record<'x-kubernetes-pf-flowschema-uid' | 'x-kubernetes-pf-prioritylevel-uid', string>>;

/** Counts a request out that was let in. */
export type Leave = () => void;

/** One flow schema in effect: the level of its requests, and how they are told apart. */
export class Schema {
  readonly name: string;
  readonly level: PriorityLevel;
  readonly figures: SchemaFigures;
  readonly headers: FlowHeaders;
  readonly rules: readonly FlowRule[];
  readonly #distinguisher: string | undefined;
  readonly #leaves: Leave[] = [];
  readonly #released: () => void;

  /** `released` is called whenever seats have come free. */
  constructor({ metadata, spec }: FlowSchema, level: PriorityLevel, figures: SchemaFigures, released: () => void) {
    this.name = metadata.name;
    this.level = level;
    this.figures = figures;
    this.headers = { 'x-kubernetes-pf-flowschema-uid': metadata.uid ?? '', 'x-kubernetes-pf-prioritylevel-uid': level.uid };
    this.rules = (spec.rules ?? []).map(flowRule);
    this.#distinguisher = spec.distinguisherMethod?.type;
    this.#released = released;
  }

  /** What requests of the same flow have in common, as a number. */
  flowOf(user: UserInfo, info: RequestInfo): number {
    const by = this.#distinguisher;
    return hashOf(`${this.name}/${by === 'ByUser' ? user.name : by === 'ByNamespace' ? info.namespace : ''}`);
  }

  /** Takes the seats of a request that did not wait. One function for all of a width: the quick way makes nothing new. */
  begin(width: number): Leave {
    this.occupy(width);
    return (this.#leaves[width] ??= () => this.vacate(width));
  }

  /** Who is exempt takes no seat from anybody. */
  occupy(width: number): void {
    if (!this.level.isExempt) this.level.seats.take(width);
    this.figures.begin(width);
  }

  vacate(width: number): void {
    if (!this.level.isExempt) this.level.seats.give(width);
    this.figures.end(width);
    this.#released();
  }
}
