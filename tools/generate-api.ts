/**
 * Writes src/api/generated from src/api/facts and from the models of the official client: the TypeScript types of
 * every group-version, the facts as the program reads them, and the documentation of types and fields.
 * Run as `node tools/generate-api.ts`.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FactFile } from '../src/api/schema/facts.ts';
import { readDocs } from './generate-docs.ts';
import { typescriptOf } from './generate-types.ts';

const FACTS = fileURLToPath(new URL('../src/api/facts/', import.meta.url));
const OUT = fileURLToPath(new URL('../src/api/generated/', import.meta.url));

function readFacts(): Map<string, string> {
  const names = readdirSync(FACTS).filter((name) => name.endsWith('.txt'));
  return new Map(names.sort().map((name) => [name.slice(0, -'.txt'.length), readFileSync(FACTS + name, 'utf8')]));
}

/** Replaces a file at once; leaves one alone that has the same content already, so that editors and watchers stay quiet. */
function write(name: string, content: string): void {
  let old: string | undefined;
  try {
    old = readFileSync(OUT + name, 'utf8');
  } catch {
    old = undefined;
  }
  if (old === content) return;
  writeFileSync(`${OUT}${name}.new`, content);
  renameSync(`${OUT}${name}.new`, OUT + name);
}

/** Without comments and the blanks that align columns. */
const compact = (text: string): string => text.replace(/^#.*\n/gm, '').replace(/(\S) {2,}/g, '$1 ');

mkdirSync(OUT, { recursive: true });
const texts = readFacts();
const facts = new Map([...texts].map(([file, text]) => [file, new FactFile(file, text)]));
const docs = readDocs(facts);
for (const file of facts.values()) write(`${file.file}.ts`, typescriptOf(file, facts, docs[file.file] ?? {}));
write('facts.json', JSON.stringify(Object.fromEntries([...texts].map(([file, text]) => [file, compact(text)])), null, 1));
write('docs.json', JSON.stringify(docs, null, 1));
