import { fieldForbidden, fieldInvalid, fieldRequired, fieldTooLong, root, type FieldError, type FieldPath } from '../field-error.ts';
import { parseApiVersion, type ManagedFieldsEntry, type ObjectMeta, type OwnerReference } from '../object.ts';
import { nameIsDnsSubdomain, validateNamespaceName } from './dns.ts';
import { validateByRule, validateImmutable, validateNonNegative } from './fields.ts';
import { validateLabels } from './label-selector.ts';
import { longerThan, type NameRule } from './name-rule.ts';
import { isQualifiedName } from './names.ts';

/** All keys and values of an object's annotations together, in bytes. */
export const TOTAL_ANNOTATION_SIZE_LIMIT = 256 * 1024;

const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);
const METADATA = root.child('metadata');

/** What a kind demands of its objects' metadata. */
export interface ObjectMetaRules {
  namespaced: boolean;
  /** Default: a DNS subdomain. */
  nameRule?: NameRule;
  /** Default: `metadata`. */
  path?: FieldPath;
}

/** Checks the metadata of an object as it is going to be stored. */
export function validateObjectMeta(meta: ObjectMeta, rules: ObjectMetaRules): FieldError[] {
  const { namespaced, nameRule = nameIsDnsSubdomain, path = METADATA } = rules;
  return [
    ...validateNames(meta, nameRule, path),
    ...validateNamespace(meta.namespace, namespaced, path.child('namespace')),
    ...validateNonNegative(meta.generation, path.child('generation')),
    ...validateLabels(meta.labels, path.child('labels')),
    ...validateAnnotations(meta.annotations, path.child('annotations')),
    ...validateOwnerReferences(meta.ownerReferences, path.child('ownerReferences')),
    ...validateFinalizers(meta.finalizers, path.child('finalizers')),
    ...validateManagedFields(meta.managedFields, path.child('managedFields')),
  ];
}

function validateNames(meta: ObjectMeta, rule: NameRule, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (meta.generateName) {
    for (const text of rule(meta.generateName, true)) errors.push(fieldInvalid(path.child('generateName'), meta.generateName, text));
  }
  if (!meta.name) errors.push(fieldRequired(path.child('name'), 'name or generateName is required'));
  else for (const text of rule(meta.name, false)) errors.push(fieldInvalid(path.child('name'), meta.name, text));
  return errors;
}

function validateNamespace(namespace: string | undefined, namespaced: boolean, path: FieldPath): FieldError[] {
  if (!namespaced) return namespace ? [fieldForbidden(path, 'not allowed on this type')] : [];
  if (!namespace) return [fieldRequired(path)];
  return validateNamespaceName(namespace, false).map((text) => fieldInvalid(path, namespace, text));
}

/** Checks what no update may do to an object's metadata. `meta` must already be complete (uid and the like filled in). */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path: FieldPath = METADATA): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp) errors.push(...validateNoNewFinalizers(meta.finalizers, old.finalizers, path.child('finalizers')));
  if (!meta.resourceVersion) errors.push(fieldInvalid(path.child('resourceVersion'), '', 'must be specified for an update'));
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(fieldInvalid(path.child('generation'), meta.generation ?? 0, 'must not be decremented'));
  }
  for (const field of IMMUTABLE_META) errors.push(...validateImmutable(meta[field], old[field], path.child(field)));
  errors.push(
    ...validateLabels(meta.labels, path.child('labels')),
    ...validateAnnotations(meta.annotations, path.child('annotations')),
    ...validateOwnerReferences(meta.ownerReferences, path.child('ownerReferences')),
    ...validateManagedFields(meta.managedFields, path.child('managedFields')),
  );
  return errors;
}

const IMMUTABLE_META = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

function validateNoNewFinalizers(finalizers: readonly string[] = [], old: readonly string[] = [], path: FieldPath): FieldError[] {
  const added = [...new Set(finalizers.filter((finalizer) => !old.includes(finalizer)))].sort();
  if (added.length === 0) return [];
  const shown = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
  return [fieldForbidden(path, `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`)];
}

/** Keys are qualified names in any case; everything together stays within 256 KiB. */
export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key in annotations) {
    for (const text of isQualifiedName(key.toLowerCase())) errors.push(fieldInvalid(path, key, text));
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? '');
  }
  if (size > TOTAL_ANNOTATION_SIZE_LIMIT) errors.push(fieldTooLong(path, TOTAL_ANNOTATION_SIZE_LIMIT));
  return errors;
}

/** Each complete, none an Event, at most one of them the controller. */
export function validateOwnerReferences(owners: readonly OwnerReference[] | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const owner of owners ?? []) {
    errors.push(...validateOwnerReference(owner, path));
    if (owner.controller !== true) continue;
    if (controller === undefined) controller = owner.name;
    else {
      errors.push(
        fieldInvalid(
          path,
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.name}`,
        ),
      );
    }
  }
  return errors;
}

function validateOwnerReference(owner: OwnerReference, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (parseApiVersion(owner.apiVersion ?? '').version === '') {
    errors.push(fieldInvalid(path.child('apiVersion'), owner.apiVersion ?? '', 'version must not be empty'));
  }
  for (const field of ['kind', 'name', 'uid'] as const) {
    if (!owner[field]) errors.push(fieldInvalid(path.child(field), owner[field] ?? '', 'must not be empty'));
  }
  if (owner.apiVersion === 'v1' && owner.kind === 'Event') {
    errors.push(fieldInvalid(path, owner, '/v1, Kind=Event is disallowed from being an owner'));
  }
  return errors;
}

/** Names are qualified and, unless Kubernetes' own, carry a domain; `orphan` and `foregroundDeletion` exclude each other. */
export function validateFinalizers(finalizers: readonly string[] | undefined, path: FieldPath): FieldError[] {
  if (finalizers === undefined || finalizers === null) return [];
  const errors = finalizers.flatMap((finalizer) => validateByRule(finalizer, isQualifiedName, path));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(fieldInvalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return [...errors, ...finalizers.flatMap((finalizer, index) => validateFinalizerDomain(finalizer, path.index(index)))];
}

/** One finalizer's name, as `spec.finalizers` of a namespace lists it. */
export function validateFinalizerName(finalizer: string, path: FieldPath): FieldError[] {
  return [...validateByRule(finalizer, isQualifiedName, path), ...validateFinalizerDomain(finalizer, path)];
}

function validateFinalizerDomain(finalizer: string, path: FieldPath): FieldError[] {
  if (finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer)) return [];
  return [fieldInvalid(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
}

/** Who a write's fields belong to: printable, at most 128 bytes. */
export function validateFieldManager(fieldManager: string, path: FieldPath): FieldError[] {
  if (longerThan(fieldManager, 128)) return [fieldTooLong(path, 128)];
  const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(fieldManager);
  if (!unprintable) return [];
  return [
    fieldInvalid(
      path,
      fieldManager,
      `invalid character ${JSON.stringify(unprintable[0])} (at position ${unprintable.index}): should only contain printable characters`,
    ),
  ];
}

function validateManagedFields(entries: readonly ManagedFieldsEntry[] | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  entries?.forEach((entry, index) => {
    const at = path.index(index);
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      errors.push(fieldInvalid(at.child('operation'), entry.operation ?? '', 'must be `Apply` or `Update`'));
    }
    if (entry.fieldsType && entry.fieldsType !== 'FieldsV1') {
      errors.push(fieldInvalid(at.child('fieldsType'), entry.fieldsType, 'must be `FieldsV1`'));
    }
    errors.push(...validateFieldManager(entry.manager ?? '', at.child('manager')));
    if (longerThan(entry.subresource ?? '', 256)) errors.push(fieldTooLong(at.child('subresource'), 256));
  });
  return errors;
}
