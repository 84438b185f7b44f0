import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';

/** An address, as expressions handle it. */
class Address {
  readonly text: string;

  constructor(text: string) {
    if (isIP(text) === 0) throw new Error(`IP Address "${text}" parse error during conversion from string`);
    this.text = text.toLowerCase();
  }

  get family(): 'ipv4' | 'ipv6' {
    return isIPv4(this.text) ? 'ipv4' : 'ipv6';
  }

  get canonical(): string {
    if (this.family === 'ipv4') return this.text;
    return new URL(`http://[${this.text}]`).hostname.slice(1, -1);
  }

  isIn(...ranges: readonly string[]): boolean {
    return ranges.some((range) => new Range(range).contains(this));
  }
}

/** A range of addresses: `10.0.0.0/8`. */
class Range {
  readonly text: string;
  readonly address: Address;
  readonly bits: number;
  readonly #list = new BlockList();

  constructor(text: string) {
    const [address = '', bits = '', more] = text.split('/');
    if (more !== undefined || !/^\d{1,3}$/.test(bits) || isIP(address) === 0 || Number(bits) > (isIPv4(address) ? 32 : 128))
      throw new Error(`network address parse error during conversion from string: invalid CIDR address: ${text}`);
    this.text = text;
    this.address = new Address(address);
    this.bits = Number(bits);
    this.#list.addSubnet(address, this.bits, this.address.family);
  }

  contains(address: Address): boolean {
    return address.family === this.address.family && this.#list.check(address.text, address.family);
  }

  containsRange(range: Range): boolean {
    return range.bits >= this.bits && this.contains(range.address);
  }
}

function isA(type: typeof Address | typeof Range): (text: string) => boolean {
  return (text) => {
    try {
      return new type(text) instanceof type;
    } catch {
      return false;
    }
  };
}

/** Kubernetes' functions on addresses, ranges and URLs. */
export function registerNetwork(environment: Environment): void {
  environment
    .registerType('net.IP', Address as unknown as new () => Address)
    .registerType('net.CIDR', Range as unknown as new () => Range)
    .registerType('kubernetes.URL', URL as unknown as new () => URL)
    .registerFunction('ip(string): net.IP', (text: string) => new Address(text))
    .registerFunction('isIP(string): bool', isA(Address))
    .registerFunction('string(net.IP): string', (address: Address) => address.canonical)
    .registerFunction('net.IP.family(): int', (address: Address) => (address.family === 'ipv4' ? 4n : 6n))
    .registerFunction('net.IP.isUnspecified(): bool', (address: Address) => address.isIn('0.0.0.0/32', '::/128'))
    .registerFunction('net.IP.isLoopback(): bool', (address: Address) => address.isIn('127.0.0.0/8', '::1/128'))
    .registerFunction('net.IP.isLinkLocalUnicast(): bool', (address: Address) => address.isIn('169.254.0.0/16', 'fe80::/10'))
    .registerFunction('net.IP.isLinkLocalMulticast(): bool', (address: Address) => address.isIn('224.0.0.0/24', 'ff02::/16'))
    .registerFunction(
      'net.IP.isGlobalUnicast(): bool',
      (address: Address) =>
        !address.isIn(
          '0.0.0.0/32',
          '::/128',
          '127.0.0.0/8',
          '::1/128',
          '224.0.0.0/4',
          'ff00::/8',
          '169.254.0.0/16',
          'fe80::/10',
          '255.255.255.255/32',
        ),
    )
    .registerOperator('net.IP == net.IP', (a: Address, b: Address) => a.canonical === b.canonical)
    .registerFunction('cidr(string): net.CIDR', (text: string) => new Range(text))
    .registerFunction('isCIDR(string): bool', isA(Range))
    .registerFunction('string(net.CIDR): string', (range: Range) => `${range.address.canonical}/${range.bits}`)
    .registerFunction('net.CIDR.ip(): net.IP', (range: Range) => range.address)
    .registerFunction('net.CIDR.prefixLength(): int', (range: Range) => BigInt(range.bits))
    .registerFunction('net.CIDR.containsIP(net.IP): bool', (range: Range, address: Address) => range.contains(address))
    .registerFunction('net.CIDR.containsIP(string): bool', (range: Range, text: string) => range.contains(new Address(text)))
    .registerFunction('net.CIDR.containsCIDR(net.CIDR): bool', (range: Range, inner: Range) => range.containsRange(inner))
    .registerFunction('net.CIDR.containsCIDR(string): bool', (range: Range, text: string) => range.containsRange(new Range(text)))
    .registerOperator('net.CIDR == net.CIDR', (a: Range, b: Range) => a.bits === b.bits && a.address.canonical === b.address.canonical)
    .registerFunction('url(string): kubernetes.URL', parseUrl)
    .registerFunction('isURL(string): bool', isUrl)
    .registerFunction('kubernetes.URL.getScheme(): string', (url: URL) => url.protocol.slice(0, -1))
    .registerFunction('kubernetes.URL.getHost(): string', (url: URL) => url.host)
    .registerFunction('kubernetes.URL.getHostname(): string', (url: URL) => url.hostname)
    .registerFunction('kubernetes.URL.getPort(): string', (url: URL) => url.port)
    .registerFunction('kubernetes.URL.getEscapedPath(): string', (url: URL) => url.pathname)
    .registerFunction('kubernetes.URL.getQuery(): map<string, list<string>>', queryOf);
}

const isUrl = (text: string): boolean => URL.canParse(text);

function parseUrl(text: string): URL {
  if (!isUrl(text)) throw new Error(`URL parse error during conversion from string: parse "${text}": invalid URI for request`);
  return new URL(text);
}

const queryOf = ({ searchParams }: URL): Map<string, string[]> =>
  new Map([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]));
