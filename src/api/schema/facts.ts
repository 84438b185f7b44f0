/** A Go type, taken apart: `*int32`, `[]core-v1.Container`, `map[string]Quantity`. */
export interface FactType {
  readonly pointer: boolean;
  readonly form: 'plain' | 'list' | 'map';
  /** For lists and maps: what they hold. */
  readonly element: FactType | undefined;
  /** `string`, `Time`, `Deployment`; for lists and maps `''`. */
  readonly name: string;
  /** The other file that declares the name: `core-v1`; `''` for this one. */
  readonly file: string;
}

export interface FactField {
  /** JSON name; `''` for an inlined struct, whose fields stand directly in the object. */
  readonly name: string;
  readonly omitEmpty: boolean;
  readonly type: FactType;
  /** `pb`, `patch`, `key`, `list`, `keys`, `map`, `struct`, `default`. */
  readonly marks: Readonly<Record<string, string>>;
  /** `optional`, `required`, `omitzero`. */
  readonly words: readonly string[];
}

export interface FactStruct {
  readonly name: string;
  /** Has `apiVersion` and `kind`. */
  readonly isKind: boolean;
  /** Taken as one value by server-side apply. */
  readonly atomic: boolean;
  readonly cluster: boolean;
  /** `introduced`, `deprecated`, `removed`, `replacement`. */
  readonly marks: Readonly<Record<string, string>>;
  readonly fields: readonly FactField[];
}

export interface FactAlias {
  readonly name: string;
  /** What the name stands for; absent for strings. */
  readonly type: FactType | undefined;
  readonly values: readonly string[];
  /** No other value is valid. */
  readonly closed: boolean;
}

/**
 * The facts of one group-version: one file of `src/api/facts`, whose format docs/api-description.md explains. Reading is
 * lazy: a block of text is looked at when somebody asks for its name.
 */
export class FactFile {
  /** `core-v1` */
  readonly file: string;
  readonly group: string;
  readonly version: string;
  readonly #blocks = new Map<string, string>();
  readonly #structs = new Map<string, FactStruct>();
  readonly #aliases = new Map<string, FactAlias>();

  /** Throws an Error for a text that is not of the format. */
  constructor(file: string, text: string) {
    this.file = file;
    const head: Record<string, string> = {};
    for (const block of text.split('\n\n')) {
      if (/^(kind|type) /.test(block)) this.#blocks.set(nameOf(block), block.trimEnd());
      else for (const line of block.split('\n')) this.#readHead(line, head);
    }
    this.group = head['group'] === '""' ? '' : (head['group'] ?? '');
    this.version = head['version'] ?? '';
  }

  structNames(): Iterable<string> {
    return this.#blocks.keys();
  }

  /** Whether there is a struct of this name, without reading it. */
  has(name: string): boolean {
    return this.#blocks.has(name);
  }

  struct(name: string): FactStruct | undefined {
    const known = this.#structs.get(name);
    const block = this.#blocks.get(name);
    if (known !== undefined || block === undefined) return known;
    const struct = parseStruct(block);
    this.#structs.set(name, struct);
    return struct;
  }

  alias(name: string): FactAlias | undefined {
    return this.#aliases.get(name);
  }

  #readHead(line: string, head: Record<string, string>): void {
    if (line === '' || line.startsWith('#')) return;
    const [word = '', name = ''] = line.split(' ', 2);
    if (word === 'enum' || word === 'string' || word === 'alias') this.#aliases.set(name, parseAlias(word, name, line));
    else if (word === 'group' || word === 'version') head[word] = name;
    else throw new Error(`${this.file}: not a line of facts: ${line}`);
  }
}

/** The second word of the first line. */
function nameOf(block: string): string {
  return /^\w+ (\S+)/.exec(block)?.[1] ?? '';
}

function parseAlias(word: string, name: string, line: string): FactAlias {
  const right = line.includes(' = ') ? line.slice(line.indexOf(' = ') + 3) : '';
  const refers = word === 'alias' || /^[a-z0-9]+-v\w+\./.test(right);
  return {
    name,
    type: refers ? parseFactType(right) : undefined,
    values: refers || right === '' ? [] : right.split(' | ').map(unquote),
    closed: word === 'enum',
  };
}

const unquote = (text: string): string => (text.startsWith('"') ? String(JSON.parse(text)) : text);

function parseStruct(block: string): FactStruct {
  const [head = '', ...lines] = block.split('\n');
  const [word, name = '', ...rest] = head.split(' ');
  return {
    name,
    isKind: word === 'kind',
    atomic: rest.includes('atomic'),
    cluster: rest.includes('cluster'),
    marks: parseMarks(rest),
    fields: lines.filter((line) => !line.startsWith('#')).map(parseField),
  };
}

function parseField(line: string): FactField {
  const [left = '', type = '', ...rest] = line.split(' ').filter((word) => word !== '');
  const omitEmpty = left.endsWith('?');
  return {
    name: left === '(inline)' ? '' : omitEmpty ? left.slice(0, -1) : left,
    omitEmpty,
    type: parseFactType(type),
    marks: parseMarks(rest),
    words: rest.filter((word) => !word.includes('=')),
  };
}

function parseMarks(words: string[]): Record<string, string> {
  const pairs = words.filter((word) => word.includes('='));
  return Object.fromEntries(pairs.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
}

/** Reads `*meta-v1.LabelSelector`, `[]string`, `map[string]Quantity`. */
export function parseFactType(text: string): FactType {
  if (text.startsWith('*')) return { ...parseFactType(text.slice(1)), pointer: true };
  const inner = text.startsWith('[]') ? text.slice(2) : text.startsWith('map[string]') ? text.slice(11) : undefined;
  if (inner !== undefined) {
    const form = text.startsWith('[]') ? 'list' : 'map';
    return { pointer: false, form, element: parseFactType(inner), name: '', file: '' };
  }
  const dot = text.indexOf('.');
  const file = dot < 0 ? '' : text.slice(0, dot);
  return { pointer: false, form: 'plain', element: undefined, name: text.slice(dot + 1), file };
}
