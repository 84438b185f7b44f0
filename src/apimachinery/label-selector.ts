import { badRequest } from './status-error.ts';
import { fieldInvalid, fieldNotSupported, root, type FieldError } from './field-error.ts';
import type { LabelSelector } from './object.ts';
import { isLabelValue, isQualifiedName } from './validation/names.ts';

export type Labels = Readonly<Record<string, string>>;
export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One demand on a set of labels. `values`: for `in` and `notin` any number, sorted; for `exists` and `!` none; else one. */
export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

type Match = (labels: Labels) => boolean;

/** A compiled label selector. Immutable. */
export class Selector {
  /** Sorted by key. All have to hold. */
  readonly requirements: readonly Requirement[];
  /** Whether the labels meet every requirement; an object without labels has none of them. */
  readonly matches: (labels: Labels | undefined) => boolean;
  readonly #nothing: boolean;

  constructor(requirements: readonly Requirement[], nothing = false) {
    this.requirements = requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    this.#nothing = nothing;
    this.matches = nothing ? () => false : compile(this.requirements);
  }

  get isEverything(): boolean {
    return !this.#nothing && this.requirements.length === 0;
  }

  get isNothing(): boolean {
    return this.#nothing;
  }

  /** The string form: `app=web,tier in (a,b),!old`. */
  toString(): string {
    return this.requirements.map(formatRequirement).join(',');
  }
}

export const everything: Selector = new Selector([]);
export const nothing: Selector = new Selector([], true);

const NO_LABELS: Labels = {};

function compile(requirements: readonly Requirement[]): (labels: Labels | undefined) => boolean {
  const tests = requirements.map(compileRequirement);
  if (tests.length === 0) return () => true;
  if (tests.length === 1) {
    const only = tests[0]!;
    return (labels) => only(labels ?? NO_LABELS);
  }
  return (labels) => {
    for (const test of tests) if (!test(labels ?? NO_LABELS)) return false;
    return true;
  };
}

function compileRequirement({ key, operator, values }: Requirement): Match {
  const first = values[0] ?? '';
  switch (operator) {
    case '=':
    case '==':
      return (labels) => labels[key] === first;
    case '!=':
      return (labels) => labels[key] !== first;
    case 'in':
    case 'notin': {
      const set = new Set(values);
      const wanted = operator === 'in';
      return (labels) => (labels[key] !== undefined && set.has(labels[key])) === wanted;
    }
    case 'exists':
      return (labels) => labels[key] !== undefined;
    case '!':
      return (labels) => labels[key] === undefined;
    case 'gt':
      return (labels) => isInteger(labels[key]) && BigInt(labels[key]) > BigInt(first);
    case 'lt':
      return (labels) => isInteger(labels[key]) && BigInt(labels[key]) < BigInt(first);
  }
}

const isInteger = (text: string | undefined): text is string => text !== undefined && /^-?\d{1,19}$/.test(text);

const SIGNS: Record<SelectorOperator, string> = {
  '=': '=',
  '==': '==',
  '!=': '!=',
  in: ' in ',
  notin: ' notin ',
  exists: '',
  '!': '!',
  gt: '>',
  lt: '<',
};

function formatRequirement({ key, operator, values }: Requirement): string {
  if (operator === '!') return `!${key}`;
  const list = operator === 'in' || operator === 'notin' ? `(${values.join(',')})` : values.join(',');
  return key + SIGNS[operator] + list;
}

const OPERATORS_OF_OBJECTS: Record<string, SelectorOperator> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

/**
 * Compiles a selector as it stands in objects. None (undefined or null) selects nothing, an empty one everything.
 * Throws an Error for an operator that there is not or values that do not fit it.
 */
export function selectorOf(selector: LabelSelector | undefined | null): Selector {
  if (selector === undefined || selector === null) return nothing;
  const requirements: Requirement[] = [];
  for (const key in selector.matchLabels) requirements.push(requirement(key, '=', [selector.matchLabels[key]!]));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = OPERATORS_OF_OBJECTS[operator];
    if (known === undefined) throw new Error(`"${operator}" is not a valid label selector operator`);
    requirements.push(requirement(key, known, values ?? []));
  }
  return requirements.length === 0 ? everything : new Selector(requirements);
}

/** A selector of equalities, as Services and ReplicationControllers have them. None selects nothing, an empty one everything. */
export function selectorOfLabels(labels: Labels | undefined | null): Selector {
  return labels === undefined || labels === null ? nothing : selectorOf({ matchLabels: { ...labels } });
}

/** A selector of an object in string form; `<none>` for an empty one, `<error>` for one that is wrong. */
export function formatLabelSelector(selector: LabelSelector | undefined | null): string {
  try {
    return selectorOf(selector).toString() || '<none>';
  } catch {
    return '<error>';
  }
}

function requirement(key: string, operator: SelectorOperator, values: readonly string[]): Requirement {
  const error = checkRequirement(key, operator, values);
  if (error !== undefined) throw new Error(error);
  return { key, operator, values: [...new Set(values)].sort() };
}

function checkRequirement(key: string, operator: SelectorOperator, values: readonly string[]): string | undefined {
  const errors = [...checkKey(key), ...checkCount(operator, values)];
  const path = root.child('values');
  values.forEach((value, index) => {
    const texts = isLabelValue(value);
    if (texts.length > 0) errors.push(fieldInvalid(path.index(index).key(key), value, texts.join('; ')));
  });
  const texts = [...new Set(errors.map(String))];
  return texts.length > 1 ? `[${texts.join(', ')}]` : texts[0];
}

function checkKey(key: string): FieldError[] {
  const texts = isQualifiedName(key);
  return texts.length === 0 ? [] : [fieldInvalid('key', key, texts.join('; '))];
}

function checkCount(operator: SelectorOperator, values: readonly string[]): FieldError[] {
  const path = root.child('values');
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length === 0 ? [fieldInvalid(path, values, "for 'in', 'notin' operators, values set can't be empty")] : [];
    case '=':
    case '==':
    case '!=':
      return values.length === 1 ? [] : [fieldInvalid(path, values, 'exact-match compatibility requires one single value')];
    case 'exists':
    case '!':
      return values.length === 0 ? [] : [fieldInvalid(path, values, 'values set must be empty for exists and does not exist')];
    case 'gt':
    case 'lt':
      if (values.length !== 1) return [fieldInvalid(path, values, "for 'Gt', 'Lt' operators, exactly one value is required")];
      return isInteger(values[0]) ? [] : [fieldInvalid(path.index(0), values[0], "for 'Gt', 'Lt' operators, the value must be an integer")];
    default:
      return [fieldNotSupported(root.child('operator'), operator, Object.keys(SIGNS))];
  }
}

const parsed = new Map<string, Selector>();

/** Compiles the string form. Throws StatusError 400 that says what was found and what had been expected. */
export function parseLabelSelector(text: string): Selector {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const requirements = new Parser(text).parse();
  const selector = requirements.length === 0 ? everything : new Selector(requirements);
  if (parsed.size >= 256) parsed.clear();
  parsed.set(text, selector);
  return selector;
}

interface Token {
  /** `id`, `end`, `error`, or the symbol or keyword itself. */
  readonly type: string;
  readonly text: string;
}

const SYMBOLS: ReadonlySet<string> = new Set(['=', '==', '!=', '!', '(', ')', ',', '>', '<']);
const BINARY = new Map<string, SelectorOperator>([
  ['=', '='],
  ['==', '=='],
  ['!=', '!='],
  ['in', 'in'],
  ['notin', 'notin'],
  ['>', 'gt'],
  ['<', 'lt'],
]);

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const lexer = /[\s]+|(==|!=|[=!(),<>])|([^\s=!(),<>]+)/gy;
  for (let match = lexer.exec(text); match !== null; match = lexer.exec(text)) {
    const [, symbol, word] = match;
    if (symbol !== undefined && SYMBOLS.has(symbol)) tokens.push({ type: symbol, text: symbol });
    else if (word !== undefined) tokens.push({ type: word === 'in' || word === 'notin' ? word : 'id', text: word });
  }
  tokens.push({ type: 'end', text: '' });
  return tokens;
}

class Parser {
  readonly #tokens: Token[];
  #position = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const next = this.#peek();
      if (next.type === 'end') return requirements;
      if (next.type !== 'id' && next.type !== '!') throw badRequest(`found '${next.text}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.#wrapped());
      const separator = this.#take();
      if (separator.type === 'end') return requirements;
      if (separator.type !== ',') throw badRequest(`found '${separator.text}', expected: ',' or 'end of string'`);
      const after = this.#peek();
      if (after.type !== 'id' && after.type !== '!') throw badRequest(`found '${after.text}', expected: identifier after ','`);
    }
  }

  #wrapped(): Requirement {
    try {
      return this.#requirement();
    } catch (error) {
      if (error instanceof Error) throw badRequest(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  #requirement(): Requirement {
    let token = this.#take();
    const negated = token.type === '!';
    if (negated) token = this.#take();
    if (token.type !== 'id') throw new Error(`found '${token.text}', expected: identifier`);
    const texts = isQualifiedName(token.text);
    if (texts.length > 0) throw new Error(String(fieldInvalid('<nil>', token.text, texts.join('; '))));
    if (negated) return requirement(token.text, '!', []);
    const next = this.#peek();
    if (next.type === 'end' || next.type === ',') return requirement(token.text, 'exists', []);
    const sign = this.#take(true);
    const operator = BINARY.get(sign.type);
    if (operator === undefined) throw new Error(`found '${sign.text}', expected: in, notin, =, ==, !=, gt, lt`);
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()];
    return requirement(token.text, operator, values);
  }

  #exactValue(): string {
    const next = this.#peek();
    if (next.type === 'end' || next.type === ',') return '';
    this.#take();
    if (next.type !== 'id') throw new Error(`found '${next.text}', expected: identifier`);
    return next.text;
  }

  #values(): string[] {
    const open = this.#take();
    if (open.type !== '(') throw new Error(`found '${open.text}' expected: '('`);
    const values: string[] = [];
    let expectValue = true;
    for (;;) {
      const token = this.#take();
      if (token.type === 'id' && expectValue) {
        values.push(token.text);
        expectValue = false;
      } else if (token.type === ',') {
        if (expectValue) values.push('');
        expectValue = true;
      } else if (token.type === ')') {
        if (expectValue && this.#tokens[this.#position - 2]!.type === ',') values.push('');
        return values;
      } else {
        throw new Error(`found '${token.text}', expected: ${expectValue ? (values.length === 0 ? "',', ')' or identifier" : "',', or identifier") : "',' or ')'"}`);
      }
    }
  }

  /** A keyword where no operator can stand is an identifier. */
  #peek(operator = false): Token {
    const token = this.#tokens[this.#position]!;
    return !operator && (token.type === 'in' || token.type === 'notin') ? { type: 'id', text: token.text } : token;
  }

  #take(operator = false): Token {
    const token = this.#peek(operator);
    if (this.#position < this.#tokens.length - 1) this.#position++;
    return token;
  }
}
