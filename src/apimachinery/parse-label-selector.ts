import { fieldInvalid } from './field-error.ts';
import { InvalidSelector, requirement, type Requirement, type SelectorOperator } from './label-requirement.ts';
import { everything, Selector } from './label-selector.ts';
import { badRequest } from './status-error.ts';
import { isQualifiedName } from './validation/names.ts';

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
      if (error instanceof InvalidSelector) throw badRequest(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  #requirement(): Requirement {
    let token = this.#take();
    const negated = token.type === '!';
    if (negated) token = this.#take();
    if (token.type !== 'id') throw new InvalidSelector(`found '${token.text}', expected: identifier`);
    const texts = isQualifiedName(token.text);
    if (texts.length > 0) throw new InvalidSelector(String(fieldInvalid('<nil>', token.text, texts.join('; '))));
    if (negated) return requirement(token.text, '!', []);
    const next = this.#peek();
    if (next.type === 'end' || next.type === ',') return requirement(token.text, 'exists', []);
    const sign = this.#take(true);
    const operator = BINARY.get(sign.type);
    if (operator === undefined) throw new InvalidSelector(`found '${sign.text}', expected: in, notin, =, ==, !=, gt, lt`);
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()];
    return requirement(token.text, operator, values);
  }

  #exactValue(): string {
    const next = this.#peek();
    if (next.type === 'end' || next.type === ',') return '';
    this.#take();
    if (next.type !== 'id') throw new InvalidSelector(`found '${next.text}', expected: identifier`);
    return next.text;
  }

  #values(): string[] {
    const open = this.#take();
    if (open.type !== '(') throw new InvalidSelector(`found '${open.text}' expected: '('`);
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
        throw new InvalidSelector(
          `found '${token.text}', expected: ${expectValue ? (values.length === 0 ? "',', ')' or identifier" : "',', or identifier") : "',' or ')'"}`,
        );
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
