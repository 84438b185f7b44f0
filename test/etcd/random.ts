import type { Compare, Operation, RangeRequest, TxnRequest } from '#etcd';

/** Numbers that look random and come again with the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to, but without, `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

const KEYS = Array.from({ length: 24 }, (_, i) => `/${'abc'[i % 3]}/${i >> 1}`).concat('\xff\x01', '/z');
const RESULTS = ['equal', 'greater', 'less', 'not-equal'] as const;

export function randomRange(random: Random): { key: string; rangeEnd?: string } {
  if (random.chance(40)) return { key: random.pick(KEYS) };
  if (random.chance(15)) return { key: '\0', rangeEnd: '\0' };
  if (random.chance(20)) return { key: random.pick(KEYS), rangeEnd: random.pick(KEYS) };
  const letter = random.pick(['a', 'b', 'c']);
  return { key: `/${letter}/`, rangeEnd: `/${letter}0` };
}

export function randomRangeRequest(random: Random, oldest: number, newest: number): RangeRequest {
  const some = () => (random.chance(15) ? oldest + random.below(newest - oldest + 1) : undefined);
  return {
    ...randomRange(random),
    limit: random.chance(30) ? random.below(6) : undefined,
    revision: random.chance(40) ? oldest + random.below(newest - oldest + 1) : undefined,
    sortTarget: random.chance(30) ? random.pick(['key', 'version', 'create', 'mod', 'value']) : undefined,
    sortOrder: random.chance(30) ? random.pick(['ascend', 'descend']) : undefined,
    keysOnly: random.chance(10),
    countOnly: random.chance(10),
    minModRevision: some(),
    maxModRevision: some(),
    minCreateRevision: some(),
    maxCreateRevision: some(),
  };
}

function randomCompare(random: Random, newest: number, leases: readonly bigint[]): Compare {
  const at = { ...(random.chance(80) ? { key: random.pick(KEYS) } : randomRange(random)), result: random.pick(RESULTS) };
  switch (random.below(5)) {
    case 0:
      return { ...at, target: 'version', value: random.below(4) };
    case 1:
      return { ...at, target: 'create', value: random.below(newest + 1) };
    case 2:
      return { ...at, target: 'mod', value: random.chance(50) ? 0 : random.below(newest + 1) };
    case 3:
      return { ...at, target: 'lease', value: leases.length > 0 && random.chance(50) ? random.pick(leases) : 0n };
    default:
      return { ...at, target: 'value', value: randomValue(random) };
  }
}

function randomValue(random: Random): Buffer {
  return random.chance(5) ? Buffer.alloc(random.below(20_000), random.below(256)) : Buffer.from(`v${random.below(9)}`);
}

export function randomPut(random: Random, key: string, leases: readonly bigint[]): Operation {
  const lease = leases.length > 0 && random.chance(15) ? random.pick(leases) : 0n;
  return { type: 'put', key, value: randomValue(random), lease, prevKv: random.chance(50) };
}

/** Writes no key twice: which of two writes would win is not what is tested here. */
export function randomTxn(random: Random, newest: number, leases: readonly bigint[], depth = 0): TxnRequest {
  const branch = (keys: string[]): Operation[] =>
    Array.from({ length: random.below(3) + (depth === 0 ? 1 : 0) }, (): Operation => {
      const kind = random.below(10);
      if (kind < 5) return randomPut(random, keys.splice(random.below(keys.length), 1)[0] as string, leases);
      if (kind < 7) return { type: 'delete', key: keys.splice(random.below(keys.length), 1)[0] as string, prevKv: true };
      if (kind < 9 || depth > 1) return { type: 'range', ...randomRange(random) };
      // Its keys are its own.
      const part = keys.splice(0, 6);
      return { type: 'txn', ...nested(part) };
    });
  const nested = (keys: string[]): TxnRequest => ({
    compare: [randomCompare(random, newest, leases)],
    success: keys.length > 3 ? [randomPut(random, keys[0] as string, leases)] : [],
    failure: keys.length > 3 ? [{ type: 'delete', key: keys[1] as string, prevKv: false }] : [],
  });
  return {
    compare: Array.from({ length: random.below(3) }, () => randomCompare(random, newest, leases)),
    success: branch([...KEYS]),
    failure: branch([...KEYS]),
  };
}

export const randomKey = (random: Random): string => random.pick(KEYS);
