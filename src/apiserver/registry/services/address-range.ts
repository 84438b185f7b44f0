import { randomInt } from 'node:crypto';

/** The IPv4 addresses of a range like `10.96.0.0/12`. Throws a plain Error for text that is none. */
export class AddressRange {
  readonly cidr: string;
  readonly #base: number;
  readonly size: number;

  constructor(cidr: string) {
    const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
    if (match === null) throw new Error(`${cidr} is not an IPv4 range such as 10.96.0.0/12`);
    const bits = Number(match[5]);
    this.cidr = cidr;
    this.size = 2 ** (32 - bits);
    const address = toNumber(match.slice(1, 5).join('.'));
    this.#base = address - (address % this.size);
  }

  /** The address at a place in the range; 1 is the API server's own Service. */
  at(index: number): string {
    return toText(this.#base + index);
  }

  contains(address: string): boolean {
    const number = toNumber(address);
    return number >= this.#base && number < this.#base + this.size;
  }

  /** Neither the first address nor the last one can be anybody's. */
  isUsable(address: string): boolean {
    const index = toNumber(address) - this.#base;
    return index > 0 && index < this.size - 1;
  }

  /**
   * Some free address; undefined when all are taken. Looks in the upper part first: the lower one is left to people who
   * ask for a certain address.
   */
  pick(isTaken: (address: string) => boolean): string | undefined {
    const last = this.size - 2;
    const reserved = Math.min(Math.max(Math.floor(this.size / 16), 16), 256);
    const first = reserved < last ? reserved + 1 : 1;
    return this.#search(first, last, isTaken) ?? this.#search(1, first - 1, isTaken);
  }

  #search(low: number, high: number, isTaken: (address: string) => boolean): string | undefined {
    const count = high - low + 1;
    if (count <= 0) return undefined;
    const start = randomInt(count);
    for (let step = 0; step < count; step++) {
      const address = this.at(low + ((start + step) % count));
      if (!isTaken(address)) return address;
    }
    return undefined;
  }
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
