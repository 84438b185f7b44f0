export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

const FORMAT_ERROR = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_ERROR = "unable to parse quantity's suffix";

const DECIMAL_EXPONENTS: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const DECIMAL_SUFFIXES: ReadonlyMap<number, string> = new Map(
  Object.entries(DECIMAL_EXPONENTS).map(([suffix, exponent]) => [exponent, suffix]),
);
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const NANO = 1_000_000_000n;
const MAX = 2n ** 63n - 1n;

/**
 * An amount of a resource: exact to 10⁻⁹, at most 2⁶³−1. Immutable. Whole numbers and thousandths that a double holds
 * exactly are kept as such; anything else as a bigint of billionths.
 */
export class Quantity {
  /** How `toString` writes it. */
  readonly format: QuantityFormat;
  /** Units of `#scale`: 1, 1000 (milli) as number; 10⁹ (nano) as bigint. */
  readonly #amount: number | bigint;
  readonly #scale: 1 | 1000 | 1_000_000_000;
  #text: string | undefined;

  private constructor(amount: number | bigint, scale: 1 | 1000 | 1_000_000_000, format: QuantityFormat) {
    this.#amount = amount;
    this.#scale = scale;
    this.format = format;
  }

  /** `value` must be a safe integer. */
  static of(value: number, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(value, 1, format);
  }

  /** Of thousandths; `milli` must be a safe integer. */
  static ofMilli(milli: number, format: QuantityFormat = 'DecimalSI'): Quantity {
    return milli % 1000 === 0 ? new Quantity(milli / 1000, 1, format) : new Quantity(milli, 1000, format);
  }

  /** Of billionths. */
  static ofNano(nano: bigint, format: QuantityFormat = 'DecimalSI'): Quantity {
    const capped = nano > MAX * NANO ? MAX * NANO : nano < -MAX * NANO ? -MAX * NANO : nano;
    if (capped % NANO === 0n && isSafe(capped / NANO)) return new Quantity(Number(capped / NANO), 1, format);
    if (capped % 1_000_000n === 0n && isSafe(capped / 1_000_000n)) return new Quantity(Number(capped / 1_000_000n), 1000, format);
    return new Quantity(capped, 1_000_000_000, format);
  }

  /** The whole number, rounded up (away from zero). Above 2⁵³ to the nearest double. */
  value(): number {
    if (typeof this.#amount === 'bigint') return Number(divideUp(this.#amount, NANO));
    return this.#scale === 1 ? this.#amount : awayFromZero(this.#amount / 1000);
  }

  /** Thousandths, rounded up (away from zero). */
  milliValue(): number {
    if (typeof this.#amount === 'bigint') return Number(divideUp(this.#amount, 1_000_000n));
    return this.#scale === 1 ? this.#amount * 1000 : this.#amount;
  }

  /** Billionths, exact. */
  nanoValue(): bigint {
    return typeof this.#amount === 'bigint' ? this.#amount : BigInt(this.#amount) * (NANO / BigInt(this.#scale));
  }

  isZero(): boolean {
    return this.#amount === 0;
  }

  sign(): -1 | 0 | 1 {
    return this.#amount > 0 ? 1 : this.#amount < 0 ? -1 : 0;
  }

  /** Negative, 0 or positive, as sort wants it. */
  compare(other: Quantity): number {
    if (this.#scale === other.#scale) return this.#amount < other.#amount ? -1 : this.#amount > other.#amount ? 1 : 0;
    const difference = this.nanoValue() - other.nanoValue();
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  /** The sum, written in this one's format (in the other's when this is zero). */
  add(other: Quantity): Quantity {
    const format = this.isZero() ? other.format : this.format;
    if (typeof this.#amount === 'number' && typeof other.#amount === 'number' && this.#scale === other.#scale) {
      const sum = this.#amount + other.#amount;
      if (Number.isSafeInteger(sum)) return this.#scale === 1 ? Quantity.of(sum, format) : Quantity.ofMilli(sum, format);
    }
    return Quantity.ofNano(this.nanoValue() + other.nanoValue(), format);
  }

  sub(other: Quantity): Quantity {
    const format = this.isZero() ? other.format : this.format;
    return other.isZero() ? this : new Quantity(this.#amount, this.#scale, format).add(other.negate());
  }

  negate(): Quantity {
    return this.isZero() ? this : new Quantity(-this.#amount, this.#scale, this.format);
  }

  /** The canonical form: no fraction, the largest suffix that allows it: `1536Mi`, `500m`, `12k`. */
  toString(): string {
    this.#text ??= this.#canonical();
    return this.#text;
  }

  toJSON(): string {
    return this.toString();
  }

  #canonical(): string {
    if (this.#amount === 0) return '0';
    if (this.#scale === 1 && this.format !== 'DecimalExponent' && this.#amount > -1000 && this.#amount < 1000) return String(this.#amount);
    const nano = this.nanoValue();
    if (this.format === 'BinarySI' && (nano >= 1024n * NANO || nano <= -1024n * NANO)) return binary(divideUp(nano, NANO));
    return decimal(nano, this.format === 'DecimalExponent');
  }
}

const isSafe = (value: bigint): boolean => value <= 9007199254740991n && value >= -9007199254740991n;
const awayFromZero = (value: number): number => (value < 0 ? Math.floor(value) : Math.ceil(value));

function divideUp(amount: bigint, divisor: bigint): bigint {
  const quotient = amount / divisor;
  if (amount % divisor === 0n) return quotient;
  return amount < 0n ? quotient - 1n : quotient + 1n;
}

function binary(amount: bigint): string {
  let power = 0;
  let rest = amount;
  while (rest % 1024n === 0n && power < BINARY_SUFFIXES.length - 1) {
    rest /= 1024n;
    power++;
  }
  return `${rest}${BINARY_SUFFIXES[power]}`;
}

function decimal(nano: bigint, exponential: boolean): string {
  let exponent = -9;
  let rest = nano;
  while (rest % 1000n === 0n && exponent < 18) {
    rest /= 1000n;
    exponent += 3;
  }
  if (!exponential) return `${rest}${DECIMAL_SUFFIXES.get(exponent)}`;
  return exponent === 0 ? String(rest) : `${rest}e${exponent}`;
}

/** Parsed quantities are immutable, and clusters use few different ones. */
const known = new Map<string, Quantity>();
const KNOWN_LIMIT = 4096;

/** Reads a quantity; a number counts as its decimal text. Throws an Error in the API's words. */
export function parseQuantity(source: string | number): Quantity {
  const text = typeof source === 'number' ? String(source) : source;
  const cached = known.get(text);
  if (cached !== undefined) return cached;
  const quantity = parse(text);
  if (known.size >= KNOWN_LIMIT) known.clear();
  if (text.length <= 64) known.set(text, quantity);
  return quantity;
}

/** Whether the text is a quantity. */
export function isQuantity(source: unknown): source is string | number {
  if (typeof source !== 'string' && typeof source !== 'number') return false;
  try {
    parseQuantity(source);
    return true;
  } catch {
    return false;
  }
}

/** The canonical text: `1.5Gi` → `1536Mi`. Throws like `parseQuantity`. */
export function canonicalQuantity(source: string | number): string {
  return parseQuantity(source).toString();
}

function parse(text: string): Quantity {
  if (/^[0-9]{1,15}$/.test(text)) return Quantity.of(Number(text));
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([^0-9.].*)?$/s.exec(text);
  if (match === null) throw new Error(FORMAT_ERROR);
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') throw new Error(FORMAT_ERROR);
  if (!/^[eEinumkKMGTP]*[-+]?[0-9]*$/.test(suffix)) throw new Error(FORMAT_ERROR);
  const { factor, exponent, format } = parseSuffix(suffix);
  const digits = BigInt(whole + fraction || '0') * factor;
  const nano = scaleUp(digits, 9 + exponent - fraction.length);
  return Quantity.ofNano(sign === '-' ? -nano : nano, format);
}

function parseSuffix(suffix: string): { factor: bigint; exponent: number; format: QuantityFormat } {
  const power = suffix === '' ? -1 : BINARY_SUFFIXES.indexOf(suffix);
  if (power > 0) return { factor: 1024n ** BigInt(power), exponent: 0, format: 'BinarySI' };
  if (Object.hasOwn(DECIMAL_EXPONENTS, suffix)) return { factor: 1n, exponent: DECIMAL_EXPONENTS[suffix]!, format: 'DecimalSI' };
  const exponential = /^[eE]([+-]?[0-9]{1,9})$/.exec(suffix);
  if (exponential === null) throw new Error(SUFFIX_ERROR);
  return { factor: 1n, exponent: Number(exponential[1]), format: 'DecimalExponent' };
}

/** `digits` times ten to the power, what is left of a billionth rounded up, and no larger than makes a difference. */
function scaleUp(digits: bigint, power: number): bigint {
  if (digits === 0n) return 0n;
  if (power >= 0) return power > 40 ? MAX * NANO : digits * 10n ** BigInt(power);
  return power < -5000 ? 1n : divideUp(digits, 10n ** BigInt(-power));
}
