import { differenceOf, isEmptyFieldSet, unionOf, type FieldSet } from '../fieldset/field-set.ts';
import { timestamp, type KubeObject, type ManagedFieldsEntry } from '../object.ts';
import type { Schema } from '../patch/schema.ts';
import { compareObjects, UNOWNED, type Comparison } from './compare.ts';
import { capUpdateOwners, isOwner, ownersOf, startingEntries, toEntries, withFields, type Owner } from './managed-fields.ts';

/** Who writes, and in which version of the API the objects stand. */
export interface FieldWriter {
  manager: string;
  apiVersion: string;
  /** `''` for the resource itself. */
  subresource?: string;
  now?: Date;
}

/** A write that is no apply. */
export interface UpdateTracking extends FieldWriter {
  schema: Schema;
  /** Fields that this write cannot change (`f:status` of the main resource): not compared. */
  reset?: FieldSet;
}

/**
 * The `managedFields` of an object that is about to be stored by a create, an update or a patch other than apply.
 * `live` is what is stored now (`undefined` for a create), `object` what will be; neither is changed. Undefined: none.
 * The live array itself comes back when the write changes no field.
 */
export function trackUpdate(live: KubeObject | undefined, object: KubeObject, tracking: UpdateTracking): ManagedFieldsEntry[] | undefined {
  const entries = startingEntries(live, object, tracking.subresource ?? '');
  if (live !== undefined && entries.length === 0) return undefined;
  const comparison = compareObjects(live ?? NEW_OBJECT, object, tracking.schema, skipped(tracking.reset));
  if (comparison === undefined) return entries.length === 0 ? undefined : (entries as ManagedFieldsEntry[]);
  const owners = takeOver(ownersOf(entries), comparison, tracking);
  return toEntries(capUpdateOwners(owners));
}

const NEW_OBJECT: object = Object.freeze({});

function takeOver(owners: Owner[], comparison: Comparison, tracking: UpdateTracking): Owner[] {
  const { subresource = '', manager, apiVersion } = tracking;
  const own = { manager, operation: 'Update' as const, apiVersion, subresource };
  const written = unionOf(comparison.added, comparison.modified);
  const previous = owners.find((owner) => isOwner(owner, own));
  const result = owners.map((owner) =>
    withFields(owner, differenceOf(owner === previous ? owner.fields : differenceOf(owner.fields, written), comparison.removed)),
  );
  if (isEmptyFieldSet(written)) return result;
  const mine = previous === undefined ? -1 : owners.indexOf(previous);
  const fields = unionOf(result[mine]?.fields ?? {}, written);
  const entry: Owner = { ...own, time: timestamp(tracking.now), fields };
  if (mine < 0) return [...result, entry];
  result[mine] = entry;
  return result;
}

const withReset = new WeakMap<FieldSet, FieldSet>();

/** What nobody owns and what the write cannot change, together. */
export function skipped(reset: FieldSet | undefined): FieldSet {
  if (reset === undefined) return UNOWNED;
  let both = withReset.get(reset);
  if (both === undefined) withReset.set(reset, (both = unionOf(UNOWNED, reset)));
  return both;
}
