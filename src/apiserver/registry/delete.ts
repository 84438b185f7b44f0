import {
  conflict,
  fieldInvalid,
  fieldNotSupported,
  invalid,
  MODIFIED,
  timestamp,
  clone,
  type DeleteOptions,
  type DeletionPropagation,
  type FieldError,
  type KubeObject,
  type Status,
} from '#apimachinery';
import type { Entry } from '../cache/index.ts';
import { GuardFailed } from '../storage/store.ts';
import { retryGuarded } from './resource.ts';
import { admissionAttributes, type Write } from './write.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

/** The object that still waits for its end, or undefined when it has gone at once. */
export interface Deletion {
  entry: Entry;
  gone: boolean;
}

/** Deletes one object: at once, or by marking it while finalizers or its grace period hold it. Throws 404, 409, 422. */
export async function deleteObject(write: Write, namespace: string, name: string, options: DeleteOptions): Promise<Deletion> {
  const { resource } = write.served;
  checkOptions(options);
  try {
    return await retryGuarded(
      resource,
      () => resource.current(namespace, name),
      (entry) => deleteOnce(write, entry, options),
    );
  } catch (error) {
    if (error instanceof GuardFailed) throw conflict(resource.definition, name, MODIFIED);
    throw error;
  }
}

async function deleteOnce(write: Write, entry: Entry, options: DeleteOptions): Promise<Deletion> {
  const { registry, served, parameters } = write;
  const { resource } = served;
  const { definition } = resource;
  checkPreconditions(write, entry, options);
  const attributes = { ...admissionAttributes(write, 'DELETE', undefined, entry.object), name: entry.name, options: { ...options } };
  const admitting = registry.admission.admit(attributes);
  if (admitting instanceof Promise) await admitting;
  const validating = registry.admission.validate(attributes);
  if (validating instanceof Promise) await validating;

  const marked = clone(entry.object);
  const finalizers = finalizersFor(marked, options);
  const already = entry.object.metadata.deletionTimestamp !== undefined;
  const grace = graceFor(write, marked, options);
  if (finalizers.length === 0 && grace === 0 && !registry.hooks.holdsDeletion(definition, marked)) {
    if (parameters.dryRun) return { entry, gone: true };
    await resource.remove(entry);
    await registry.hooks.afterDelete(definition, entry.object);
    return { entry, gone: true };
  }
  marked.metadata.finalizers = finalizers.length === 0 ? undefined : finalizers;
  if (already && grace >= (entry.object.metadata.deletionGracePeriodSeconds ?? 0)) {
    // A second request can only shorten the wait, or add to what the collector must do.
    if (sameList(finalizers, entry.object.metadata.finalizers)) return { entry, gone: false };
  } else mark(write, marked, grace);
  registry.hooks.onMarked(definition, marked);
  if (parameters.dryRun) return { entry: resource.pretend(marked, entry), gone: false };
  return { entry: await resource.replace(marked, entry), gone: false };
}

function mark(write: Write, object: KubeObject, grace: number): void {
  const { metadata } = object;
  const end = new Date(write.request.now.getTime() + grace * 1000);
  const before = metadata.deletionTimestamp;
  metadata.deletionTimestamp = before !== undefined && grace > 0 && timestamp(end) > before ? before : timestamp(end);
  metadata.deletionGracePeriodSeconds = grace;
  if (metadata.generation !== undefined && before === undefined) metadata.generation += 1;
}

function graceFor({ served }: Write, object: KubeObject, options: DeleteOptions): number {
  const own = served.resource.definition.gracePeriod?.(object);
  if (own === undefined || own === 0) return 0;
  // Who asks once more without naming a period leaves it as it is.
  const wanted = options.gracePeriodSeconds ?? object.metadata.deletionGracePeriodSeconds ?? own;
  // A negative period means: as fast as a graceful end can be.
  return wanted < 0 ? 1 : wanted;
}

function finalizersFor(object: KubeObject, options: DeleteOptions): string[] {
  const finalizers = new Set(object.metadata.finalizers);
  const policy = propagationOf(options);
  if (policy === undefined) return [...finalizers];
  for (const [finalizer, name] of [
    [ORPHAN, 'Orphan'],
    [FOREGROUND, 'Foreground'],
  ] as const) {
    if (policy === name) finalizers.add(finalizer);
    else finalizers.delete(finalizer);
  }
  return [...finalizers];
}

function propagationOf(options: DeleteOptions): DeletionPropagation | undefined {
  if (options.propagationPolicy !== undefined) return options.propagationPolicy;
  if (options.orphanDependents === undefined) return undefined;
  return options.orphanDependents ? 'Orphan' : 'Background';
}

const POLICIES = ['Foreground', 'Background', 'Orphan'];

function checkOptions({ propagationPolicy, orphanDependents }: DeleteOptions): void {
  const errors: FieldError[] = [];
  if (propagationPolicy !== undefined && orphanDependents !== undefined)
    errors.push(fieldInvalid('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'));
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy))
    errors.push(fieldNotSupported('propagationPolicy', propagationPolicy, [...POLICIES, 'nil']));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
}

function checkPreconditions({ served }: Write, entry: Entry, { preconditions }: DeleteOptions): void {
  const { definition } = served.resource;
  const { uid } = entry.object.metadata;
  if (preconditions?.uid !== undefined && preconditions.uid !== uid)
    throw conflict(definition, entry.name, `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${uid}`);
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== String(entry.revision))
    throw conflict(
      definition,
      entry.name,
      `Precondition failed: ResourceVersion in precondition: ${preconditions.resourceVersion}, ResourceVersion in object meta: ${entry.revision}`,
    );
}

function sameList(a: readonly string[], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** Was the client told that it asked for more than has been done so far? Only cascading deletions say so. */
export function isAccepted({ orphanDependents, propagationPolicy }: DeleteOptions): boolean {
  return orphanDependents === false || propagationPolicy === 'Foreground';
}

/** What a deletion that happened at once is answered with. */
export function deletedStatus({ served }: Write, entry: Entry): Omit<Status, 'code'> {
  const { group, resource } = served.resource.definition;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: entry.name, group: group || undefined, kind: resource, uid: entry.object.metadata.uid },
  };
}
