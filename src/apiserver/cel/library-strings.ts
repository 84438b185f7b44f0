import type { Environment } from '@marcbachmann/cel-js';
import { goRegExp } from './go-regexp.ts';
import { visitNodes } from './syntax-tree.ts';

const GO_MATCHES = 'matchesGo';
const MAX_KNOWN = 1000;
const known = new Map<string, RegExp>();

/** Patterns are mostly those of rules, again and again. */
function regExp(pattern: string): RegExp {
  let expression = known.get(pattern);
  if (expression === undefined) {
    expression = goRegExp(pattern, 'g');
    if (expression === undefined) throw new Error(`error parsing regexp: ${pattern}`);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(pattern, expression);
  }
  expression.lastIndex = 0;
  return expression;
}

function findAll(text: string, pattern: string, limit = -1): string[] {
  const all = [...text.matchAll(regExp(pattern))].map(([found]) => found);
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
  const matches = (text: string, pattern: string): boolean => regExp(pattern).test(text);
  environment
    .registerFunction('matches(string, string): bool', matches)
    .registerFunction(`string.${GO_MATCHES}(string): bool`, matches)
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

/** Patterns are in Go's notation, whose function therefore stands in for the library's own. */
export function useGoPatterns(expression: unknown): void {
  visitNodes(expression, ({ op, args }) => {
    if (op === 'rcall' && Array.isArray(args) && args[0] === 'matches') args[0] = GO_MATCHES;
  });
}
