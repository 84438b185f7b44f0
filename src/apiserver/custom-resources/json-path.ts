import { isJson } from './schema/schema.ts';

/** Finds the values at a path in an object, in order. */
export type FindAll = (object: unknown) => unknown[];

type Step = (values: readonly unknown[]) => unknown[];

/** Compiles kubectl's JSONPath without the braces: `.status.conditions[?(@.type=="Ready")].status`. Undefined when it is none. */
export function compileJsonPath(path: string): FindAll | undefined {
  const steps: Step[] = [];
  let rest = path.trim();
  while (rest !== '') {
    const [step, length] = nextStep(rest);
    if (step === undefined) return undefined;
    steps.push(step);
    rest = rest.slice(length);
  }
  return (object) => steps.reduce<unknown[]>((values, step) => step(values), [object]);
}

const NAME = /^\.((?:\\.|[^.[\]\\])+)/;
const QUOTED = /^\[(['"])((?:(?!\1).)*)\1\]/;
const INDEX = /^\[(-?\d+)\]/;
const SLICE = /^\[(-?\d*):(-?\d*)(?::(\d+))?\]/;
const EVERY = /^(?:\[\*\]|\.\*)/;
const FILTER = /^\[\?\(\s*@((?:\.[\w-]+|\['[^']*'\]|\["[^"]*"\])*)\s*(?:(==|!=|<=|>=|<|>)\s*("[^"]*"|'[^']*'|[^\s)]+))?\s*\)\]/;
const DEEP = /^\.\.((?:\\.|[^.[\]\\*])+)/;

function nextStep(text: string): [step: Step | undefined, length: number] {
  for (const [pattern, make] of STEPS) {
    const match = pattern.exec(text);
    if (match !== null) return [make(...match.slice(1)), match[0].length];
  }
  return [undefined, 0];
}

const STEPS: readonly (readonly [RegExp, (...parts: string[]) => Step | undefined])[] = [
  [DEEP, (name = '') => each((value) => [...descendants(value)].flatMap((inner) => fieldOf(inner, unescape(name))))],
  [EVERY, () => each(childrenOf)],
  [NAME, (name = '') => each((value) => fieldOf(value, unescape(name)))],
  [QUOTED, (_quote, name = '') => each((value) => fieldOf(value, name))],
  [INDEX, (index) => each((value) => (Array.isArray(value) ? present(value.at(Number(index))) : []))],
  [SLICE, (from = '', to = '', by = '1') => each((value) => (Array.isArray(value) ? slice(value, from, to, Number(by)) : []))],
  [FILTER, filter],
];

const each =
  (find: (value: unknown) => unknown[]): Step =>
  (values) =>
    values.flatMap(find);
const present = (value: unknown): unknown[] => (value === undefined ? [] : [value]);
const unescape = (name: string): string => name.replaceAll(/\\(.)/g, '$1');
const fieldOf = (value: unknown, name: string): unknown[] => (isJson(value) && Object.hasOwn(value, name) ? present(value[name]) : []);
const childrenOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : isJson(value) ? Object.values(value) : []);

function* descendants(value: unknown): Iterable<unknown> {
  yield value;
  for (const child of childrenOf(value)) yield* descendants(child);
}

function slice(list: readonly unknown[], from: string, to: string, by: number): unknown[] {
  const part = list.slice(from === '' ? 0 : Number(from), to === '' ? undefined : Number(to));
  return by > 1 ? part.filter((_, i) => i % by === 0) : part;
}

function filter(path = '', operator: string | undefined, literal: string | undefined): Step | undefined {
  const find = compileJsonPath(path);
  if (find === undefined) return undefined;
  const wanted = literal === undefined ? undefined : valueOf(literal);
  const matches = (item: unknown): boolean => {
    const [found] = find(item);
    return operator === undefined ? found !== undefined : compare(found, operator, wanted);
  };
  return each((value) => childrenOf(value).filter(matches));
}

function valueOf(literal: string): unknown {
  if (/^['"]/.test(literal)) return literal.slice(1, -1);
  if (literal === 'true' || literal === 'false') return literal === 'true';
  return Number.isNaN(Number(literal)) ? literal : Number(literal);
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== undefined && left !== right;
  }
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return false;
  const order = left < (right as typeof left) ? -1 : left > (right as typeof left) ? 1 : 0;
  return operator === '<' ? order < 0 : operator === '<=' ? order <= 0 : operator === '>' ? order > 0 : order >= 0;
}
