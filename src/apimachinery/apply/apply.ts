import {
  differenceOf,
  fieldSetsEqual,
  intersectionOf,
  isEmptyFieldSet,
  unionOf,
  withoutSubtrees,
  type FieldSet,
} from '../fieldset/field-set.ts';
import { parseApiVersion, timestamp, type KubeObject } from '../object.ts';
import type { Schema } from '../patch/schema.ts';
import { badRequest } from '../status-error.ts';
import { compareObjects, type Comparison } from './compare.ts';
import { conflictError, type FieldConflict } from './conflicts.ts';
import { fieldSetOf, NotOfSchema } from './field-set-of.ts';
import { clientAppliedFields, LAST_APPLIED_ANNOTATION, withLastApplied } from './last-applied.ts';
import { isOwner, ownersOf, toEntries, withFields, type Owner } from './managed-fields.ts';
import { mergeApplied } from './merge.ts';
import { prune } from './prune.ts';
import { skipped, type FieldWriter } from './track-update.ts';

/** An object as it looks in another version of its API. */
export interface VersionedView {
  schema: Schema;
  convert(object: KubeObject): KubeObject;
}

/** One server-side apply. */
export interface ApplyRequest extends FieldWriter {
  /** What is stored, in the version of the request; undefined when nothing is. */
  live: KubeObject | undefined;
  /** The configuration as the client wrote it: not defaulted, nothing filled in. */
  applied: KubeObject;
  /** Take fields over from other managers. */
  force?: boolean;
  schema: Schema;
  /** Fields that this write cannot set (`f:status` of the main resource): never owned by it. */
  reset?: FieldSet;
  /** How the object looks in a version that other managers wrote. Undefined: no longer served, their entry goes. Default: all versions look alike. */
  view?: (apiVersion: string) => VersionedView | undefined;
}

/** What an apply comes to. */
export interface Applied {
  /** Shares parts with `live` and `applied`: never change it, decode or clone it first. Is `live` itself when `changed` is false. */
  object: KubeObject;
  changed: boolean;
}

const KUBECTL = 'kubectl';
const BEFORE_FIRST_APPLY = 'before-first-apply';

/**
 * Server-side apply: merges the configuration into the live object, removes what only this manager had and no longer
 * applies, and brings `managedFields` up to date. Throws StatusError: 409 with all conflicts unless `force`, 400 for a
 * configuration that does not fit the schema or carries managedFields.
 */
export function applyObject(request: ApplyRequest): Applied {
  if ((request.applied.metadata.managedFields?.length ?? 0) > 0) throw badRequest('metadata.managedFields must be nil');
  const plan = planOf(request);
  const permitted = request.force === true || plan.conflicts.length === 0 || kubectlMayTake(request, plan.conflicts);
  if (!permitted) throw conflictError(plan.conflicts);
  return finish(request, plan);
}

interface Plan {
  merged: KubeObject;
  fields: FieldSet;
  previous: Owner | undefined;
  others: Owner[];
  conflicts: FieldConflict[];
  changed: boolean;
}

function planOf(request: ApplyRequest): Plan {
  const { live, applied, schema, manager, apiVersion, subresource = '' } = request;
  const self = { manager, operation: 'Apply' as const, apiVersion, subresource };
  const owners = startingOwners(request);
  const previous = owners.find((owner) => isOwner(owner, self));
  const others = owners.filter((owner) => owner !== previous);
  const all = checkedFieldSet(request);
  const fields = withoutSubtrees(all, skipped(request.reset));
  let merged = mergeApplied(live, applied, schema) as KubeObject;
  if (previous !== undefined) {
    const managed = others.reduce((sum, owner) => unionOf(sum, owner.fields), all);
    merged = prune(merged, previous.fields, managed, schema) as KubeObject;
  }
  if (live === undefined) return { merged, fields, previous, others, conflicts: [], changed: true };
  return { merged, fields, previous, ...settle(request, live, merged, others) };
}

function startingOwners({ live, schema, apiVersion, reset, now }: ApplyRequest): Owner[] {
  if (live === undefined) return [];
  const owners = ownersOf(live.metadata.managedFields);
  if (owners.length > 0) return owners;
  const all = compareObjects({}, live, schema, skipped(reset))?.added;
  if (all === undefined) return [];
  return [{ manager: BEFORE_FIRST_APPLY, operation: 'Update', apiVersion, subresource: '', time: timestamp(now), fields: all }];
}

function checkedFieldSet({ applied, schema, apiVersion }: ApplyRequest): FieldSet {
  try {
    return fieldSetOf(applied, schema);
  } catch (error) {
    if (!(error instanceof NotOfSchema)) throw error;
    const { group, version } = parseApiVersion(apiVersion);
    const { namespace = '', name } = applied.metadata;
    throw badRequest(
      `failed to create typed patch object (${namespace}/${name}; ${group}/${version}, Kind=${applied.kind}): ${error.message}`,
    );
  }
}

/** What the change means for the other managers: what it would take from them, and what they have no more. */
function settle(
  request: ApplyRequest,
  live: KubeObject,
  merged: KubeObject,
  others: Owner[],
): Pick<Plan, 'others' | 'conflicts' | 'changed'> {
  const comparisons = new Map<string, Comparison | undefined>();
  comparisons.set(request.apiVersion, compareObjects(live, merged, request.schema, skipped(request.reset)));
  const left: Owner[] = [];
  const conflicts: FieldConflict[] = [];
  for (const owner of others) {
    const comparison = comparisonFor(owner.apiVersion, request, live, merged, comparisons);
    if (comparison === 'unserved') continue;
    if (comparison === undefined) {
      left.push(owner);
      continue;
    }
    const taken = intersectionOf(owner.fields, unionOf(comparison.modified, comparison.added));
    if (!isEmptyFieldSet(taken)) conflicts.push({ owner, fields: taken });
    left.push(withFields(owner, differenceOf(differenceOf(owner.fields, taken), comparison.removed)));
  }
  return { others: left, conflicts, changed: comparisons.get(request.apiVersion) !== undefined };
}

function comparisonFor(
  apiVersion: string,
  { view, reset, apiVersion: ours }: ApplyRequest,
  live: KubeObject,
  merged: KubeObject,
  known: Map<string, Comparison | undefined>,
): Comparison | undefined | 'unserved' {
  if (view === undefined || apiVersion === '') return known.get(ours);
  if (known.has(apiVersion)) return known.get(apiVersion);
  const other = view(apiVersion);
  if (other === undefined) return 'unserved';
  const comparison = compareObjects(other.convert(live), other.convert(merged), other.schema, skipped(reset));
  known.set(apiVersion, comparison);
  return comparison;
}

/** kubectl that used to apply on its own side goes over to the server's without conflicts with its former self. */
function kubectlMayTake({ manager, live, schema }: ApplyRequest, conflicts: FieldConflict[]): boolean {
  if (manager !== KUBECTL || live?.metadata.annotations?.[LAST_APPLIED_ANNOTATION] === undefined) return false;
  const allowed = clientAppliedFields(live, schema);
  const left = conflicts.flatMap(({ owner, fields }) => {
    const rest = differenceOf(fields, allowed);
    return isEmptyFieldSet(rest) ? [] : [{ owner, fields: rest }];
  });
  if (left.length > 0) throw conflictError(left);
  return true;
}

function finish(request: ApplyRequest, plan: Plan): Applied {
  const { live, applied, manager, apiVersion, subresource = '', now } = request;
  const owner: Owner = { manager, operation: 'Apply', apiVersion, subresource, time: timestamp(now), fields: plan.fields };
  const merged = manager === KUBECTL && live !== undefined ? withLastApplied(plan.merged, applied) : plan.merged;
  if (live !== undefined && !plan.changed && merged === plan.merged && isUnchanged(plan, owner, live))
    return { object: live, changed: false };
  const managedFields = toEntries([...plan.others, owner]);
  return { object: { ...merged, metadata: { ...merged.metadata, managedFields } }, changed: true };
}

function isUnchanged({ previous, others }: Plan, owner: Owner, live: KubeObject): boolean {
  if (previous === undefined || previous.apiVersion !== owner.apiVersion || !fieldSetsEqual(previous.fields, owner.fields)) return false;
  return others.every((other) => other.source !== undefined) && others.length + 1 === (live.metadata.managedFields?.length ?? 0);
}
