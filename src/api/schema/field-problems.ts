import type { FieldDescription, StructDescription, TypeDescription } from './types.ts';

/**
 * Unknown and duplicate fields of a JSON text, in the order of the document: `unknown field "spec.foo"`,
 * `duplicate field "spec.replicas"`. The text must be valid JSON. Nothing is looked for inside of unknown fields and
 * free-form values. Slow: used when a cheaper check has found that there is something to tell.
 */
export function findFieldProblems(struct: StructDescription, text: string): string[] {
  const scan = new Scan(text);
  scan.value({ form: 'struct', struct }, '');
  return scan.problems;
}

/** Upstream stops to count here. */
const MAX_PROBLEMS = 100;

class Scan {
  readonly problems: string[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads one value; `undefined` for one that nobody looks into. */
  value(type: TypeDescription | undefined, path: string): void {
    this.#blanks();
    const start = this.#text[this.#at];
    if (start === '{') this.#object(type, path);
    else if (start === '[') this.#array(type, path);
    else if (start === '"') this.#string();
    else while (this.#at < this.#text.length && !/[,\]}\s]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #object(type: TypeDescription | undefined, path: string): void {
    const fields = type === undefined ? undefined : fieldsOf(type);
    const element = type?.form === 'map' ? type.element : undefined;
    const seen = new Set<string>();
    this.#items('}', () => {
      const name = this.#string();
      this.#blanks();
      this.#at++;
      const place = path === '' ? name : `${path}.${name}`;
      const field = fields?.get(name);
      if (fields !== undefined && field === undefined) this.#report('unknown', place);
      else if ((fields !== undefined || element !== undefined) && seen.has(name)) this.#report('duplicate', place);
      seen.add(name);
      this.value(element ?? field?.type, place);
    });
  }

  #array(type: TypeDescription | undefined, path: string): void {
    const element = type?.form === 'list' ? type.element : undefined;
    let index = 0;
    this.#items(']', () => this.value(element, `${path}[${index++}]`));
  }

  #items(end: string, read: () => void): void {
    this.#at++;
    for (;;) {
      this.#blanks();
      const next = this.#text[this.#at];
      if (next === undefined || next === end) break;
      if (next === ',') this.#at++;
      else read();
    }
    this.#at++;
  }

  #string(): string {
    this.#blanks();
    const start = this.#at++;
    while (this.#text[this.#at] !== '"' && this.#at < this.#text.length) this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    this.#at++;
    return String(JSON.parse(this.#text.slice(start, this.#at)));
  }

  #blanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #report(what: 'unknown' | 'duplicate', path: string): void {
    const problem = `${what} field ${JSON.stringify(path)}`;
    if (this.problems.length < MAX_PROBLEMS && !this.problems.includes(problem)) this.problems.push(problem);
  }
}

const fieldMaps = new Map<StructDescription, ReadonlyMap<string, FieldDescription>>();

function fieldsOf(type: TypeDescription): ReadonlyMap<string, FieldDescription> | undefined {
  if (type.form !== 'struct') return undefined;
  let fields = fieldMaps.get(type.struct);
  if (fields === undefined) {
    fields = new Map(type.struct.fields.map((field) => [field.name, field]));
    fieldMaps.set(type.struct, fields);
  }
  return fields;
}

const QUOTE = 34;
const COLON = 58;
const BACKSLASH = 92;

/**
 * Whether an object of the text has a key twice, found by counting: the keys in the text against those of the value
 * that JSON.parse made of it.
 */
export function hasDuplicateKeys(text: string, value: unknown): boolean {
  return countKeysOfText(text) !== countKeys(value);
}

function countKeysOfText(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === COLON) count++;
    else if (code === QUOTE) i = endOfString(text, i);
  }
  return count;
}

/** The index of the closing quote. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countKeys(item);
    return count;
  }
  const record = value as Record<string, unknown>;
  for (const key in record) {
    count++;
    const item = record[key];
    if (typeof item === 'object') count += countKeys(item);
  }
  return count;
}
