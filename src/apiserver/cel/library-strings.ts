import type { Environment } from '@marcbachmann/cel-js';

function regExp(pattern: string, flags = ''): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch (error) {
    throw new Error(`Illegal regex: ${pattern}`, { cause: error });
  }
}

function findAll(text: string, pattern: string, limit = -1): string[] {
  const all = [...text.matchAll(regExp(pattern, 'g'))].map(([found]) => found);
  return limit < 0 ? all : all.slice(0, limit);
}

function charAt(text: string, index: bigint): string {
  if (index < 0n || index > BigInt(text.length)) throw new Error(`index out of range: ${index}`);
  return text.charAt(Number(index));
}

function replace(text: string, from: string, to: string, limit: bigint): string {
  const parts = text.split(from);
  if (limit < 0n || BigInt(parts.length - 1) <= limit) return parts.join(to);
  const count = Number(limit);
  return parts.slice(0, count + 1).join(to) + from + parts.slice(count + 1).join(from);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  return String(value);
}

function format(template: string, values: readonly unknown[]): string {
  let next = 0;
  return template.replaceAll(/%(?:%|(?:\.(\d+))?([a-zA-Z]))/g, (whole, digits: string | undefined, verb: string | undefined) => {
    if (verb === undefined) return '%';
    if (next >= values.length) throw new Error(`index ${next} out of range`);
    const value = values[next++];
    switch (verb) {
      case 's':
      case 'd':
        return shown(value);
      case 'f':
        return Number(value).toFixed(digits === undefined ? 6 : Number(digits));
      case 'e':
        return Number(value).toExponential(digits === undefined ? 6 : Number(digits));
      case 'x':
      case 'X': {
        const text = typeof value === 'string' ? Buffer.from(value).toString('hex') : (value as bigint).toString(16);
        return verb === 'X' ? text.toUpperCase() : text;
      }
      case 'o':
        return (value as bigint).toString(8);
      case 'b':
        return typeof value === 'boolean' ? (value ? '1' : '0') : (value as bigint).toString(2);
      default:
        throw new Error(`unrecognized formatting clause "${whole.slice(1)}"`);
    }
  });
}

/** Functions on strings that Kubernetes adds to the language: regular expressions, formatting and the string extensions. */
export function registerStrings(environment: Environment): void {
  environment
    .registerFunction('string.find(string): string', (text: string, pattern: string) => regExp(pattern).exec(text)?.[0] ?? '')
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => findAll(text, pattern))
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
      findAll(text, pattern, Number(limit)),
    )
    .registerFunction('string.charAt(int): string', charAt)
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) => text.replaceAll(from, () => to))
    .registerFunction('string.replace(string, string, int): string', replace)
    .registerFunction('string.reverse(): string', (text: string) => Array.from(text).reverse().join(''))
    .registerFunction('string.format(list<dyn>): string', format);
}
