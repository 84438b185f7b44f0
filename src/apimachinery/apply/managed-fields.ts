import { decodeFieldSet, InvalidFieldSet } from '../fieldset/decode.ts';
import { emptyFieldSet, isEmptyFieldSet, sortedFieldSet, unionOf, type FieldSet } from '../fieldset/field-set.ts';
import { jsonEqual } from '../object-equal.ts';
import type { KubeObject, ManagedFieldsEntry } from '../object.ts';

/** One entry of `managedFields` while it is worked on. */
export interface Owner {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource: string;
  time: string;
  fields: FieldSet;
  /** The entry that this was read from, as long as nothing in it has changed. */
  source?: ManagedFieldsEntry;
}

const MAX_UPDATE_OWNERS = 10;
const ANCIENT_CHANGES = 'ancient-changes';

/** Reads entries that the API server itself has written. */
export function ownersOf(entries: readonly ManagedFieldsEntry[] | undefined): Owner[] {
  return (entries ?? []).map((entry) => ({
    manager: entry.manager ?? '',
    operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: entry.apiVersion ?? '',
    subresource: entry.subresource ?? '',
    time: entry.time ?? '',
    fields: (entry.fieldsV1 ?? emptyFieldSet) as FieldSet,
    source: entry,
  }));
}

/**
 * The entries that a write starts from: the live object's, unless the client sent other ones; a single empty entry resets
 * them all. Entries that cannot be read are as good as none sent.
 */
export function startingEntries(live: KubeObject | undefined, object: KubeObject, subresource: string): readonly ManagedFieldsEntry[] {
  const old = live?.metadata.managedFields ?? [];
  const sent = object.metadata.managedFields ?? [];
  if (sent === old || sent.length === 0 || subresource !== '') return old;
  if (sent.length === 1 && isBlank(sent[0]!)) return [];
  return jsonEqual(sent, old) ? old : (decoded(sent) ?? old);
}

function isBlank(entry: ManagedFieldsEntry): boolean {
  return !Object.values(entry).some((value) => value !== undefined && value !== null && value !== '');
}

function decoded(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] | undefined {
  const known = entries.every(
    ({ operation, fieldsType }) => (operation === 'Apply' || operation === 'Update') && (fieldsType || 'FieldsV1') === 'FieldsV1',
  );
  if (!known) return undefined;
  try {
    return entries.map((entry) => ({ ...entry, fieldsV1: decodeFieldSet(entry.fieldsV1 ?? {}) }));
  } catch (error) {
    if (error instanceof InvalidFieldSet) return undefined;
    throw error;
  }
}

/** Whether the entry is of this manager. An applier is the same in every version of the API. */
export function isOwner(owner: Owner, of: Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): boolean {
  return (
    owner.manager === of.manager &&
    owner.operation === of.operation &&
    owner.subresource === of.subresource &&
    (of.operation === 'Apply' || owner.apiVersion === of.apiVersion)
  );
}

/** Gives an owner another set of fields, if it is another one. */
export function withFields(owner: Owner, fields: FieldSet): Owner {
  return fields === owner.fields ? owner : { ...owner, fields, source: undefined };
}

/** The entries to store, in the order of the API. Owners of nothing are left out. */
export function toEntries(owners: readonly Owner[]): ManagedFieldsEntry[] | undefined {
  const entries = owners
    .filter((owner) => !isEmptyFieldSet(owner.fields))
    .sort(compareOwners)
    .map(toEntry);
  return entries.length === 0 ? undefined : entries;
}

function toEntry(owner: Owner): ManagedFieldsEntry {
  if (owner.source !== undefined) return owner.source;
  return {
    manager: owner.manager,
    operation: owner.operation,
    apiVersion: owner.apiVersion,
    ...(owner.time === '' ? {} : { time: owner.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sortedFieldSet(owner.fields),
    ...(owner.subresource === '' ? {} : { subresource: owner.subresource }),
  };
}

function compareOwners(a: Owner, b: Owner): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time, b.time) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Keeps at most ten update entries: the oldest of one API version become one entry, `ancient-changes`. */
export function capUpdateOwners(owners: Owner[]): Owner[] {
  const updaters = owners.filter((owner) => owner.operation === 'Update');
  let excess = updaters.length - MAX_UPDATE_OWNERS;
  if (excess <= 0) return owners;
  const ancient = updaters.filter((owner) => owner.manager === ANCIENT_CHANGES && owner.subresource === '');
  const bucketOf = new Map(ancient.map((owner) => [owner.apiVersion, owner]));
  const merged = new Set(ancient);
  for (const owner of updaters.sort(compareOwners)) {
    if (excess <= 0) break;
    if (merged.has(owner)) continue;
    merged.add(owner);
    const bucket = bucketOf.get(owner.apiVersion);
    if (bucket !== undefined) excess--;
    bucketOf.set(owner.apiVersion, bucket === undefined ? owner : asAncient(bucket, owner));
  }
  return [...owners.filter((owner) => !merged.has(owner)), ...bucketOf.values()];
}

function asAncient(bucket: Owner, newer: Owner): Owner {
  const fields = unionOf(bucket.fields, newer.fields);
  return { ...bucket, manager: ANCIENT_CHANGES, subresource: '', time: newer.time, fields, source: undefined };
}
