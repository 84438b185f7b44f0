import type { PriorityLevelConfigurationSpec } from '#api/generated/flowcontrol-v1.ts';

/** What the seats of a level may be, in numbers of seats. */
export interface SeatLimits {
  /** The level's share of the server. */
  nominal: number;
  /** What of it nobody can borrow. */
  lower: number;
  /** What the level may have at most, with what it borrows. */
  upper: number;
}

/** Seats that levels lend each other, of the whole server. */
export interface LentSeats {
  size: number;
  taken: number;
}

/** Divides `total` seats by the levels' shares. */
export function divideSeats(specs: ReadonlyMap<string, PriorityLevelConfigurationSpec>, total: number): Map<string, SeatLimits> {
  let sum = 0;
  for (const spec of specs.values()) sum += sharesOf(spec);
  const limits = new Map<string, SeatLimits>();
  for (const [name, spec] of specs) {
    const nominal = sum === 0 ? 0 : Math.ceil((total * sharesOf(spec)) / sum);
    const lendable = Math.round((nominal * ((spec.exempt ?? spec.limited)?.lendablePercent ?? 0)) / 100);
    const borrowing = spec.limited?.borrowingLimitPercent;
    const upper = borrowing === undefined ? Math.max(total, nominal) : nominal + Math.round((nominal * borrowing) / 100);
    limits.set(name, { nominal, lower: nominal - lendable, upper });
  }
  return limits;
}

function sharesOf({ exempt, limited }: PriorityLevelConfigurationSpec): number {
  return (exempt ?? limited)?.nominalConcurrencyShares ?? 0;
}

/**
 * The seats of one level. Up to `lower` they are its own; beyond that it draws on what all levels lend, at the moment when
 * it needs them: nothing is set aside for who needs nothing.
 */
export class Seats {
  limits: SeatLimits = { nominal: 0, lower: 0, upper: 0 };
  #inUse = 0;
  readonly #lent: LentSeats;

  constructor(lent: LentSeats) {
    this.#lent = lent;
  }

  get inUse(): number {
    return this.#inUse;
  }

  /** What the level could have now, with what others have not borrowed. */
  get current(): number {
    const { lower, upper } = this.limits;
    return Math.min(upper, lower + this.#drawn + Math.max(0, this.#lent.size - this.#lent.taken));
  }

  /** Of those, what nobody sits on. */
  get free(): number {
    return Math.max(0, this.current - this.#inUse);
  }

  set(limits: SeatLimits): void {
    this.#lent.taken -= this.#drawn;
    this.limits = limits;
    this.#lent.taken += this.#drawn;
  }

  /** A request that is wider than the level goes when the level is empty. */
  fits(width: number): boolean {
    const { lower, upper } = this.limits;
    const after = this.#inUse + width;
    if (after <= lower) return true;
    if (after > upper) return this.#inUse === 0 && upper > 0;
    return this.#lent.taken - this.#drawn + (after - lower) <= this.#lent.size;
  }

  take(width: number): void {
    this.#change(width);
  }

  give(width: number): void {
    this.#change(-width);
  }

  #change(width: number): void {
    const before = this.#drawn;
    this.#inUse += width;
    this.#lent.taken += this.#drawn - before;
  }

  get #drawn(): number {
    return this.#inUse > this.limits.lower ? this.#inUse - this.limits.lower : 0;
  }
}
