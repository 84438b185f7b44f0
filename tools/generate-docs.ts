import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import type { FactFile } from '../src/api/schema/facts.ts';

/** By type; the key `''` holds the type's own sentences, the others are fields. */
export type Docs = Record<string, Record<string, string>>;

interface Model {
  doc: string;
  /** By JSON name; `''` where the client says nothing. */
  fields: Map<string, string>;
}

const MODELS = join(dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node')), 'gen/models');

/** `rbac-v1` → `Rbac`: what the client puts before names that several groups have. */
const prefixOf = (file: string): string => (file[0] ?? '').toUpperCase() + file.slice(1, file.indexOf('-'));

/** The documentation of all described types, as far as the official client has it; of removed versions, that of a newer one. */
export function readDocs(files: ReadonlyMap<string, FactFile>): Record<string, Docs> {
  const docs = new Map<string, Docs>();
  for (const [name, file] of files) docs.set(name, docsOfFile(file));
  for (const doc of docs.values()) shareTypeMeta(doc, docs.get('meta-v1') ?? {});
  for (const [name, file] of files) borrow(file, docs.get(name) ?? {}, relatives(name, docs));
  return Object.fromEntries(docs);
}

/** Every kind says the same of `kind` and `apiVersion`: said once, for `TypeMeta`. */
function shareTypeMeta(docs: Docs, meta: Docs): void {
  for (const doc of Object.values(docs)) {
    const { kind, apiVersion } = doc;
    if (kind === undefined || apiVersion?.startsWith('APIVersion defines') !== true) continue;
    meta['TypeMeta'] = { kind, apiVersion };
    if (doc !== meta['TypeMeta']) {
      delete doc['kind'];
      delete doc['apiVersion'];
    }
  }
}

function docsOfFile(file: FactFile): Docs {
  const docs: Docs = {};
  for (const name of file.structNames()) {
    const model = modelOf(file, name);
    if (model === undefined) continue;
    docs[name] = { '': model.doc };
    for (const [field, doc] of model.fields) if (doc !== '') docs[name][field] = doc;
  }
  return docs;
}

/** The client's model of a struct. A name without the group's prefix may be another group's: its fields decide. */
function modelOf(file: FactFile, name: string): Model | undefined {
  const version = file.version[0]?.toUpperCase() + file.version.slice(1);
  const candidates = [`${prefixOf(file.file)}${version}${name}`, `${version}${name}`];
  const names = jsonNames(file, name);
  return candidates.map(readModel).find((model) => model !== undefined && isSame(model, names));
}

function isSame(model: Model, names: ReadonlySet<string>): boolean {
  return model.fields.size === names.size && [...model.fields.keys()].every((field) => names.has(field));
}

function jsonNames(file: FactFile, name: string): Set<string> {
  const struct = file.struct(name);
  const names = new Set(struct?.isKind === true ? ['kind', 'apiVersion'] : []);
  for (const field of struct?.fields ?? []) {
    if (field.name !== '') names.add(field.name);
    else for (const inner of jsonNames(file, field.type.name)) names.add(inner);
  }
  return names;
}

function readModel(name: string): Model | undefined {
  let text: string;
  try {
    text = readFileSync(join(MODELS, `${name}.d.ts`), 'utf8');
  } catch {
    return undefined;
  }
  const declaration = text.indexOf('export declare class');
  const fields = new Map<string, string>();
  const body = text.slice(declaration, text.indexOf('static readonly discriminator'));
  for (const [, doc = '', field = ''] of body.matchAll(/^ {4}(?:\/\*\*\n {4}\* (.*)\n {4}\*\/\n {4})?'([^']+)'\??: /gm)) {
    fields.set(name.endsWith('JSONSchemaProps') && /^(ref|schema)$/.test(field) ? `$${field}` : jsonName(field), sentences(doc));
  }
  const doc = /\/\*\*\n\* (.*)\n\*\/\n$/.exec(text.slice(0, declaration))?.[1] ?? '';
  return { doc: sentences(doc), fields };
}

/** Undoes what the client's generator does to names that are no identifiers. */
function jsonName(property: string): string {
  if (property.startsWith('x_kubernetes_')) return property.replaceAll('_', '-');
  return property.replace(/^_/, '');
}

/** Undoes the escapes of the comments. */
const sentences = (doc: string): string =>
  doc
    .replaceAll('*\\/', '*/')
    .replace(/\\([\\"'`])/g, '$1')
    .trim();

/** Other versions that may describe the same types: first of the same group, then of the groups that followed. */
function relatives(name: string, docs: ReadonlyMap<string, Docs>): Docs[] {
  const group = name.slice(0, name.indexOf('-'));
  const groups = group === 'extensions' ? ['apps', 'networking'] : [group];
  return [...docs].filter(([other]) => groups.includes(other.slice(0, other.indexOf('-'))) && other !== name).map(([, doc]) => doc);
}

function borrow(file: FactFile, docs: Docs, from: readonly Docs[]): void {
  for (const name of file.structNames()) {
    if (docs[name] !== undefined) continue;
    const other = from.find((each) => each[name] !== undefined)?.[name];
    if (other === undefined) continue;
    const names = jsonNames(file, name);
    docs[name] = Object.fromEntries(Object.entries(other).filter(([field]) => field === '' || names.has(field)));
  }
}
