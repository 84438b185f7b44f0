import { randomUUID } from 'node:crypto';
import {
  alreadyExists,
  badRequest,
  clone,
  conflict,
  fieldInvalid,
  generateName,
  generateNameConflict,
  invalid,
  MODIFIED,
  objectEqual,
  root,
  timestamp,
  validateObjectMeta,
  validateObjectMetaUpdate,
  type FieldError,
  type KubeObject,
} from '#apimachinery';
import type { WriteContext } from '#api';
import type { AdmissionAttributes } from '../types.ts';
import type { Entry } from '../cache/index.ts';
import { GuardFailed } from '../storage/store.ts';
import { trackManagedFields } from './managed-fields.ts';
import type { Registry } from './registry.ts';
import type { RegistryRequest, WriteParameters } from './request.ts';
import { retryGuarded } from './resource.ts';
import type { ServedResource } from './served-resource.ts';

const GENERATE_NAME_TRIES = 8;

/** Everything that a write needs to know besides the object. */
export interface Write {
  registry: Registry;
  served: ServedResource;
  request: RegistryRequest;
  parameters: WriteParameters;
}

function contextOf(write: Write): WriteContext {
  return { now: write.request.now, subresource: write.request.info.subresource, user: write.request.user, warn: write.request.warn };
}

/** Runs a new object through defaults, admission and validation, and stores it. `object` belongs to the registry then. */
export async function createObject(write: Write, object: KubeObject): Promise<Entry> {
  const { metadata } = object;
  const base = metadata.generateName ?? '';
  const isGenerated = base !== '' && (metadata.name ?? '') === '';
  for (let left = isGenerated ? GENERATE_NAME_TRIES : 1; ; left--) {
    const candidate = left > 1 ? clone(object) : object;
    candidate.metadata.name = isGenerated ? generateName(base) : (metadata.name ?? '');
    try {
      return await createNamed(write, candidate);
    } catch (error) {
      if (!(error instanceof GuardFailed)) throw error;
      const { definition } = write.served.resource;
      if (left <= 1)
        throw base === '' ? alreadyExists(definition, metadata.name) : generateNameConflict(definition, candidate.metadata.name);
    }
  }
}

/** Throws GuardFailed when the name is taken. */
async function createNamed(write: Write, object: KubeObject): Promise<Entry> {
  const { registry, served, request, parameters } = write;
  const { resource, definition } = served;
  placeInNamespace(write, object);
  dedupOwners(object, request.warn);
  definition.defaults?.(object);
  trackManagedFields(write, object, undefined);
  const attributes = admissionAttributes(write, 'CREATE', object, undefined);
  const admitting = registry.admission.admit(attributes);
  if (admitting instanceof Promise) await admitting;
  prepareForCreate(write, object);
  check(definition, object.metadata.name, [
    ...validateObjectMeta(object.metadata, {
      namespaced: definition.namespaced,
      nameRule: definition.nameRule,
      path: root.child('metadata'),
    }),
    ...(definition.validate?.(object) ?? []),
    ...(definition.validateCreate?.(object) ?? []),
  ]);
  for (const text of definition.warnings?.(object, undefined) ?? []) request.warn(text);
  const validating = registry.admission.validate(attributes);
  if (validating instanceof Promise) await validating;
  const undo = await registry.hooks.beforeCreate(definition, object, parameters.dryRun);
  try {
    if (parameters.dryRun) return await pretendCreate(write, object);
    return await resource.insert(object);
  } catch (error) {
    await undo?.();
    throw error;
  }
}

async function pretendCreate({ served }: Write, object: KubeObject): Promise<Entry> {
  const { resource } = served;
  const { namespace = '', name } = object.metadata;
  if ((await resource.find(namespace, name)) !== undefined) throw new GuardFailed(resource.key(namespace, name), undefined);
  return resource.pretend(object);
}

function placeInNamespace({ served, request }: Write, object: KubeObject): void {
  const { namespace } = request.info;
  if (!served.resource.definition.namespaced) {
    if (object.metadata.namespace === '') delete object.metadata.namespace;
    return;
  }
  if (object.metadata.namespace === undefined || object.metadata.namespace === '') object.metadata.namespace = namespace;
  else if (object.metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** An owner that is named twice counts once, and the client is told of it. */
function dedupOwners({ metadata }: KubeObject, warn: (text: string) => void): void {
  const { ownerReferences } = metadata;
  if (ownerReferences === undefined || ownerReferences.length < 2) return;
  const kept = ownerReferences.filter((owner, index) => ownerReferences.findIndex((other) => objectEqual(other, owner)) === index);
  if (kept.length === ownerReferences.length) return;
  const uids = [...new Set(ownerReferences.filter((owner) => !kept.includes(owner)).map(({ uid }) => uid))];
  warn(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids.join(', ')}`,
  );
  metadata.ownerReferences = kept;
}

function prepareForCreate(write: Write, object: KubeObject): void {
  const { definition } = write.served;
  const { metadata } = object;
  if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '')
    throw badRequest('resourceVersion should not be set on objects to be created');
  delete metadata.resourceVersion;
  delete metadata.selfLink;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp(write.request.now);
  if (definition.hasGeneration === true) metadata.generation = 1;
  else delete metadata.generation;
  definition.prepareForCreate?.(object, contextOf(write));
}

/** Admission alone, for what is created and not stored: token requests. */
export async function admitCreate(write: Write, object: KubeObject): Promise<void> {
  const attributes = { ...admissionAttributes(write, 'CREATE', object, undefined), name: write.request.info.name };
  await write.registry.admission.admit(attributes);
  await write.registry.admission.validate(attributes);
}

export type Transform = (current: KubeObject) => KubeObject | Promise<KubeObject>;

export interface UpdateOptions {
  /** Called with a private copy of the present object (storage version); returns the wanted one. Runs again after a lost race. */
  transform: Transform;
  /** Only the status (and what metadata the status subresource lets through) may change. */
  scope?: 'status';
  /**
   * A binding writes spec and status in one, sets nothing that could be wrong and is in nobody's managed fields; POST to
   * `bindings` does not name it in the path.
   */
  subresource?: 'binding';
}

/** Guarded read-change-write of one object. Throws 404, 409, 422 and what admission throws. */
export async function updateObject(write: Write, namespace: string, name: string, options: UpdateOptions): Promise<Entry> {
  const { resource } = write.served;
  try {
    return await retryGuarded(
      resource,
      () => resource.current(namespace, name),
      (entry) => updateOnce(write, entry, options),
    );
  } catch (error) {
    if (error instanceof GuardFailed) throw conflict(resource.definition, name, MODIFIED);
    throw error;
  }
}

async function updateOnce(write: Write, entry: Entry, options: UpdateOptions): Promise<Entry> {
  const { registry, served, request, parameters } = write;
  const { resource, definition } = served;
  const old = resource.modernize === undefined ? entry.object : await resource.modernize(entry.object);
  const wanted = await options.transform(clone(old));
  if (wanted.metadata.namespace === undefined && definition.namespaced) wanted.metadata.namespace = old.metadata.namespace;
  checkPreconditions(write, wanted, entry);
  carryOver(wanted, old, definition.namespaced);
  dedupOwners(wanted, request.warn);
  const isBinding = options.subresource === 'binding';
  if (!isBinding) {
    definition.defaults?.(wanted);
    trackManagedFields(write, wanted, old);
  }
  const attributes = admissionAttributes(write, 'UPDATE', wanted, old);
  const admitting = registry.admission.admit(attributes);
  if (admitting instanceof Promise) await admitting;
  if (!isBinding) {
    const errors =
      options.scope === 'status' ? prepareStatus(write, wanted, old) : prepareWhole(write, wanted, old, request.info.subresource);
    check(definition, old.metadata.name, [...validateObjectMetaUpdate(wanted.metadata, old.metadata, root.child('metadata')), ...errors]);
    for (const text of definition.warnings?.(wanted, old) ?? []) request.warn(text);
  }
  const validating = registry.admission.validate(attributes);
  if (validating instanceof Promise) await validating;
  const undo = await registry.hooks.beforeUpdate(definition, wanted, old, parameters.dryRun);
  try {
    if (parameters.dryRun) return resource.pretend(wanted, entry);
    if (isFinished(wanted)) return await finishDeletion(write, wanted, entry);
    return await resource.replace(wanted, entry);
  } catch (error) {
    await undo?.();
    throw error;
  }
}

/** The last finalizer has gone from an object that waits for its deletion. */
export function isFinished({ metadata }: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers === undefined || metadata.finalizers.length === 0) &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0
  );
}

async function finishDeletion({ registry, served }: Write, object: KubeObject, entry: Entry): Promise<Entry> {
  const { resource } = served;
  if (registry.hooks.holdsDeletion(resource.definition, object)) return await resource.replace(object, entry);
  await resource.remove(entry);
  await registry.hooks.afterDelete(resource.definition, entry.object);
  return resource.pretend(object, entry);
}

function checkPreconditions({ served }: Write, wanted: KubeObject, entry: Entry): void {
  const { definition } = served.resource;
  const { resourceVersion, uid } = wanted.metadata;
  const name = entry.name;
  if (uid !== undefined && uid !== '' && uid !== entry.object.metadata.uid)
    throw conflict(definition, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${entry.object.metadata.uid}`);
  if (resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0') {
    if (definition.unconditionalUpdate !== false) {
      // Whatever the object's revision is, this is the one that the client means.
      wanted.metadata.resourceVersion = String(entry.revision);
      return;
    }
    throw invalid(definition, name, [fieldInvalid('metadata.resourceVersion', 0, 'must be specified for an update')]);
  }
  if (!/^\d+$/.test(resourceVersion))
    throw invalid(definition, name, [fieldInvalid('metadata.resourceVersion', resourceVersion, 'must be a number')]);
  if (resourceVersion !== String(entry.revision)) throw conflict(definition, name, MODIFIED);
}

/** What no update may change is taken from the old object where the new one leaves it out. */
function carryOver(wanted: KubeObject, old: KubeObject, namespaced: boolean): void {
  const { metadata } = wanted;
  metadata.uid = metadata.uid || old.metadata.uid;
  metadata.creationTimestamp = old.metadata.creationTimestamp;
  metadata.deletionTimestamp = old.metadata.deletionTimestamp;
  metadata.deletionGracePeriodSeconds = old.metadata.deletionGracePeriodSeconds;
  metadata.generation = old.metadata.generation;
  if (!namespaced) delete metadata.namespace;
  delete metadata.selfLink;
}

interface Parts {
  spec?: unknown;
  status?: unknown;
}

function prepareWhole(write: Write, wanted: KubeObject, old: KubeObject, subresource: string): FieldError[] {
  const { definition } = write.served;
  if (definition.hasStatus && subresource !== 'binding') keepPart(wanted, old, 'status');
  definition.prepareForUpdate?.(wanted, old, contextOf(write));
  if (definition.hasGeneration === true && specChanged(wanted, old, definition.hasStatus || definition.custom !== true))
    wanted.metadata.generation = (old.metadata.generation ?? 0) + 1;
  return [...(definition.validate?.(wanted) ?? []), ...(definition.validateUpdate?.(wanted, old, subresource) ?? [])];
}

function prepareStatus(write: Write, wanted: KubeObject, old: KubeObject): FieldError[] {
  const { definition } = write.served;
  const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata;
  for (const part of Object.keys({ ...old, ...wanted })) {
    if (part !== 'status' && part !== 'metadata') keepPart(wanted, old, part as keyof Parts);
  }
  Object.assign(wanted.metadata, { deletionTimestamp, deletionGracePeriodSeconds });
  definition.prepareForStatusUpdate?.(wanted, old, contextOf(write));
  return definition.validateStatusUpdate?.(wanted, old) ?? [];
}

function keepPart(wanted: KubeObject & Parts, old: KubeObject & Parts, part: keyof Parts): void {
  if (old[part] === undefined) delete wanted[part];
  else wanted[part] = old[part];
}

/** Whether anything beside metadata and (unless it is a field like any other) status differs. */
function specChanged(wanted: KubeObject, old: KubeObject, withoutStatus: boolean): boolean {
  const { metadata: _m, status, ...now } = wanted as KubeObject & Parts;
  const { metadata: _om, status: oldStatus, ...before } = old as KubeObject & Parts;
  return !objectEqual(now, before) || (!withoutStatus && !objectEqual(status, oldStatus));
}

function check(definition: { group: string; kind: string }, name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(definition, name, errors);
}

export function admissionAttributes(
  { served, request, parameters }: Write,
  operation: AdmissionAttributes['operation'],
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): AdmissionAttributes {
  return {
    operation,
    kind: { group: served.group, version: served.version, kind: served.kind },
    resource: { group: served.group, version: served.version, resource: served.name },
    subresource: request.info.subresource,
    namespace: request.info.namespace,
    name: object?.metadata?.name ?? request.info.name,
    object,
    oldObject,
    user: request.user,
    dryRun: parameters.dryRun,
    options: parameters.dryRun ? { dryRun: ['All'] } : {},
    warn: request.warn,
    annotate: request.annotate,
  };
}
