import { isIP } from 'node:net';

/** The subnets of one size in an address range, and which of them are taken. */
export class CidrSet {
  readonly #base: bigint;
  readonly #bits: 32 | 128;
  readonly #maskSize: number;
  readonly #count: number;
  readonly #taken = new Set<number>();
  #next = 0;

  /** Throws for a range that is none, or is smaller than one subnet. */
  constructor(range: string, maskSize: number) {
    const { base, bits, prefix } = parseCidr(range);
    if (maskSize < prefix || maskSize > bits) throw new Error(`node CIDR mask size ${maskSize} does not fit into ${range}`);
    this.#base = base;
    this.#bits = bits;
    this.#maskSize = maskSize;
    // More than sixteen bits of subnets are never needed.
    this.#count = 2 ** Math.min(maskSize - prefix, 16);
  }

  get isIPv6(): boolean {
    return this.#bits === 128;
  }

  /** A subnet that nobody has; undefined when all are taken. */
  allocate(): string | undefined {
    for (let tried = 0; tried < this.#count; tried++) {
      const index = (this.#next + tried) % this.#count;
      if (this.#taken.has(index)) continue;
      this.#taken.add(index);
      this.#next = (index + 1) % this.#count;
      return this.#subnet(index);
    }
    return undefined;
  }

  /** Marks as taken what a subnet covers; one outside of the range is no concern of ours. */
  occupy(subnet: string): void {
    for (const index of this.#indexes(subnet)) this.#taken.add(index);
  }

  release(subnet: string): void {
    for (const index of this.#indexes(subnet)) this.#taken.delete(index);
  }

  *#indexes(subnet: string): Generator<number> {
    const { base, bits, prefix } = parseCidr(subnet);
    if (bits !== this.#bits) return;
    const shift = BigInt(bits - this.#maskSize);
    const first = (base >> shift) - (this.#base >> shift);
    const length = prefix >= this.#maskSize ? 1n : 1n << BigInt(this.#maskSize - prefix);
    for (let index = first; index < first + length; index++) {
      if (index >= 0n && index < BigInt(this.#count)) yield Number(index);
      else if (index >= BigInt(this.#count)) return;
    }
  }

  #subnet(index: number): string {
    const address = this.#base + (BigInt(index) << BigInt(this.#bits - this.#maskSize));
    return `${this.#bits === 32 ? formatIPv4(address) : formatIPv6(address)}/${this.#maskSize}`;
  }
}

function parseCidr(text: string): { base: bigint; bits: 32 | 128; prefix: number } {
  const [address = '', length = ''] = text.split('/');
  const version = isIP(address);
  const bits = version === 6 ? 128 : 32;
  const prefix = Number(length);
  if (version === 0 || length === '' || !(prefix >= 0 && prefix <= bits)) throw new Error(`"${text}" is not an address range`);
  const value = version === 6 ? parseIPv6(address) : parseIPv4(address);
  const host = BigInt(bits - prefix);
  return { base: (value >> host) << host, bits, prefix };
}

function parseIPv4(address: string): bigint {
  return address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseIPv6(address: string): bigint {
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = !tail ? [] : tail.split(':');
  const middle = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...middle, ...right].reduce((value, part) => (value << 16n) | BigInt(`0x${part}`), 0n);
}

function formatIPv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
}

/** The canonical form: the URL parser knows it. */
function formatIPv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
