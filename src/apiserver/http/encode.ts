import { stringify as toYaml } from 'yaml';
import { notAcceptable, type KubeObject, type ListMeta } from '#apimachinery';
import type { Delivery, Entry } from '../cache/index.ts';
import type { ListAnswer } from '../registry/list.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import type { Representation } from './negotiate.ts';
import { partialOf, tableOf, type IncludeObject, type Table } from './table.ts';

/** Protobuf encodings, as the API's description provides them. */
export interface ProtobufEncoder {
  /** Undefined when the kind has no protobuf form (custom resources). */
  object(object: KubeObject): Buffer | undefined;
  /** One event of a watch, with the length in front of it. */
  watchEvent(type: string, object: KubeObject): Buffer | undefined;
}

export interface EncodeOptions {
  representation: Representation;
  include: IncludeObject;
  now: Date;
  protobuf: ProtobufEncoder;
}

const COMMA = Buffer.from(',');

const CLOSE = Buffer.from(']}');

/** Any JSON-like answer in the wanted format. */
export function encodeValue(value: object, { representation, protobuf }: EncodeOptions): Buffer {
  if (representation.format === 'protobuf') {
    const bytes = protobuf.object(value as KubeObject);
    if (bytes !== undefined) return bytes;
    throw notAcceptable('only the following media types are accepted: application/json, application/yaml');
  }
  if (representation.format === 'yaml') return Buffer.from(toYaml(value));
  return Buffer.from(representation.pretty ? `${JSON.stringify(value, null, 2)}\n` : JSON.stringify(value));
}

/** One object. In plain JSON and the storage version these are the cache's own bytes. */
export function encodeEntry(entry: Entry, served: ServedResource, options: EncodeOptions): Buffer {
  const { representation } = options;
  if (representation.as === 'Table') return encodeValue(entriesTable([entry], served, options), options);
  if (representation.as === 'PartialObjectMetadataList')
    throw notAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list (${served.kind})`);
  if (representation.as !== 'object') return encodeValue(partialOf(entry.object, representation.version), options);
  if (representation.format === 'json' && !representation.pretty) return objectJson(entry, served);
  if (representation.format === 'protobuf')
    return entry.variant(`protobuf/${served.apiVersion}`, (object) => encodeValue(served.fromStorage(object), options));
  return encodeValue(served.fromStorage(entry.object), options);
}

function objectJson(entry: Entry, served: ServedResource): Buffer {
  if (served.isStorageVersion) return entry.json;
  return entry.variant(served.apiVersion, (object) => Buffer.from(JSON.stringify(served.fromStorage(object))));
}

/** A whole list. In plain JSON and the storage version it is put together from the cache's bytes. */
export function encodeList(list: ListAnswer, served: ServedResource, options: EncodeOptions): Buffer {
  const { representation } = options;
  const metadata: ListMeta = { resourceVersion: String(list.revision) };
  if (list.continue !== undefined) metadata.continue = list.continue;
  if (list.remaining !== undefined) metadata.remainingItemCount = list.remaining;
  if (representation.as === 'Table') return encodeValue({ ...entriesTable(list.entries, served, options), metadata }, options);
  if (representation.as === 'PartialObjectMetadata')
    throw notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (${served.listKind})`);
  if (representation.as !== 'object') return encodeValue(partialList(list.entries, metadata, representation.version), options);
  if (representation.format === 'json' && !representation.pretty) {
    const head = Buffer.from(
      `{"kind":"${served.listKind}","apiVersion":"${served.apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`,
    );
    return served.isStorageVersion && isTyped(served)
      ? joinItems(head, list.entries, served)
      : Buffer.concat([head, ...separated(list.entries.map((entry) => itemJson(entry, served))), CLOSE]);
  }
  const items = list.entries.map((entry) =>
    isTyped(served) ? withoutType(served.fromStorage(entry.object)) : served.fromStorage(entry.object),
  );
  return encodeValue({ kind: served.listKind, apiVersion: served.apiVersion, metadata, items }, options);
}

/** Items of a list of a built-in kind do not repeat what they are; custom resources do. */
function isTyped(served: ServedResource): boolean {
  return served.resource.definition.custom !== true;
}

function itemJson(entry: Entry, served: ServedResource): Buffer {
  if (!isTyped(served)) return objectJson(entry, served);
  return entry.variant(`item/${served.apiVersion}`, (object) => Buffer.from(JSON.stringify(withoutType(served.fromStorage(object)))));
}

function withoutType({ kind: _kind, apiVersion: _apiVersion, ...rest }: KubeObject): object {
  return rest;
}

function partialList(entries: readonly Entry[], metadata: ListMeta, version: string): object {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    items: entries.map(({ object }) => partialOf(object, version)),
  };
}

/** One allocation for the whole list, then a copy for each item. */
function joinItems(head: Buffer, entries: readonly Entry[], served: ServedResource): Buffer {
  const { form } = served.resource;
  let size = head.length + CLOSE.length + Math.max(0, entries.length - 1);
  for (const entry of entries) size += entry.json.length + form.itemOverhead;
  const out = Buffer.allocUnsafe(size);
  let offset = head.copy(out, 0);
  for (const [index, entry] of entries.entries()) {
    if (index > 0) offset += COMMA.copy(out, offset);
    offset = form.copyItem(entry.json, out, offset);
  }
  CLOSE.copy(out, offset);
  return out;
}

function separated(parts: readonly Buffer[]): Buffer[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [COMMA, part]));
}

function entriesTable(entries: readonly Entry[], served: ServedResource, options: EncodeOptions, columns = true): Table {
  const { definition } = served;
  return tableOf(definition, entries, {
    version: options.representation.version,
    include: options.include,
    now: options.now,
    show: (object) => served.fromStorage(object),
    metadata: entries.length === 1 ? { resourceVersion: String((entries[0] as Entry).revision) } : {},
    columns,
  });
}

const EVENT_HEAD: Readonly<Record<string, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
  BOOKMARK: Buffer.from('{"type":"BOOKMARK","object":'),
};
const EVENT_TAIL = Buffer.from('}\n');

/** The lines (or protobuf frames) of a watch for these deliveries. `first`: nothing has been sent on this watch before. */
export function encodeDeliveries(deliveries: readonly Delivery[], served: ServedResource, options: EncodeOptions, first: boolean): Buffer {
  const parts: Buffer[] = [];
  for (const [index, { type, entry }] of deliveries.entries()) {
    if (options.representation.format === 'protobuf') parts.push(protobufEvent(type, entry, served, options));
    else parts.push(EVENT_HEAD[type] as Buffer, eventObject(entry, served, options, first && index === 0), EVENT_TAIL);
  }
  return Buffer.concat(parts);
}

function eventObject(entry: Entry, served: ServedResource, options: EncodeOptions, first: boolean): Buffer {
  const { representation } = options;
  if (representation.as === 'object') return objectJson(entry, served);
  const shown =
    representation.as === 'Table'
      ? entriesTable([entry], served, { ...options, now: new Date() }, first)
      : partialOf(entry.object, representation.version);
  return Buffer.from(JSON.stringify(shown));
}

/** A bookmark takes the form of the watch's other events; its object has nothing but metadata. */
export function encodeBookmark(object: KubeObject, served: ServedResource, options: EncodeOptions, first: boolean): Buffer {
  const { as, version } = options.representation;
  if (as === 'object') return encodeEvent('BOOKMARK', object, options);
  const partial = partialOf(object, version);
  if (as !== 'Table') return encodeEvent('BOOKMARK', partial, options);
  const table = entriesTable([], served, options, first);
  const cells = (served.definition.columns ?? ['Name', 'Created At']).map(() => null);
  const rows = [{ cells, object: partial }];
  return encodeEvent('BOOKMARK', { ...table, metadata: { resourceVersion: object.metadata.resourceVersion }, rows }, options);
}

function protobufEvent(type: string, entry: Entry, served: ServedResource, options: EncodeOptions): Buffer {
  const { representation } = options;
  return entry.variant(`event/${type}/${representation.as}/${representation.version}/${served.apiVersion}`, (object) => {
    const shown = representation.as === 'object' ? served.fromStorage(object) : partialOf(object, representation.version);
    const bytes = options.protobuf.watchEvent(type, shown);
    if (bytes === undefined) throw notAcceptable('only the following media types are accepted: application/json');
    return bytes;
  });
}

/** An event that is not about an object of the cache: BOOKMARK, ERROR. */
export function encodeEvent(type: string, object: object, { representation, protobuf }: EncodeOptions): Buffer {
  if (representation.format === 'protobuf') {
    const bytes = protobuf.watchEvent(type, object as KubeObject);
    if (bytes !== undefined) return bytes;
  }
  return Buffer.from(`{"type":"${type}","object":${JSON.stringify(object)}}\n`);
}
