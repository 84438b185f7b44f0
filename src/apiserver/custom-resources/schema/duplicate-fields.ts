import { fieldPath } from './schema.ts';

/** The paths of fields that a JSON text (which must be valid) has twice, in the order of the text. */
export function duplicateFields(text: string): string[] {
  const scan = new Scan(text);
  scan.value('');
  return scan.found;
}

const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^,\]}\s]*/y;
const BLANKS = /\s*/y;

class Scan {
  readonly found: string[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(path: string): void {
    this.#take(BLANKS);
    const start = this.#text[this.#at];
    if (start === '{') this.#object(path);
    else if (start === '[') this.#array(path);
    else this.#take(start === '"' ? STRING : SCALAR);
  }

  #object(path: string): void {
    const seen = new Set<string>();
    this.#items('}', () => {
      const name = String(JSON.parse(this.#take(STRING)));
      const at = fieldPath(path, name);
      if (seen.has(name) && !this.found.includes(at)) this.found.push(at);
      seen.add(name);
      this.#take(BLANKS);
      this.#at++;
      this.value(at);
    });
  }

  #array(path: string): void {
    let index = 0;
    this.#items(']', () => this.value(`${path}[${index++}]`));
  }

  #items(end: string, read: () => void): void {
    this.#at++;
    for (;;) {
      this.#take(BLANKS);
      const next = this.#text[this.#at];
      if (next === undefined || next === end) break;
      if (next === ',') this.#at++;
      else read();
    }
    this.#at++;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += taken.length;
    return taken;
  }
}
