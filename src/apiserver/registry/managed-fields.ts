import { codecOf } from '#api';
import { applyObject, clone, internalError, trackUpdate, type FieldSet, type KubeObject, type StructSchema } from '#apimachinery';
import type { ServedResource } from './served-resource.ts';
import type { Write } from './write.ts';

/** What a write through the main resource cannot change. */
const STATUS: FieldSet = { 'f:status': {} };
/** What a write through the status subresource cannot change. */
const NOT_STATUS: FieldSet = { 'f:spec': {} };

function resetFields({ request, served }: Write): FieldSet | undefined {
  if (request.info.subresource === 'status') return NOT_STATUS;
  return served.resource.definition.hasStatus ? STATUS : undefined;
}

/** The schema of the version in which objects are stored; undefined for kinds that have none. */
function storageSchema({ resource }: ServedResource): StructSchema | undefined {
  const { group, version, kind } = resource.definition;
  return resource.schema ?? codecOf(group, version, kind)?.schema;
}

/** Notes in `object` who has set which field by this create or update. `live`: what is stored now. Applies do it themselves. */
export function trackManagedFields(write: Write, object: KubeObject, live: KubeObject | undefined): void {
  if (write.parameters.isApply === true) return;
  const schema = storageSchema(write.served);
  if (schema === undefined) return;
  const managedFields = trackUpdate(live, object, {
    manager: write.parameters.fieldManager,
    apiVersion: write.served.resource.form.apiVersion,
    subresource: write.request.info.subresource,
    now: write.request.now,
    schema,
    reset: resetFields(write),
  });
  if (managedFields === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = managedFields;
}

/** The live object (undefined: none) with the applied configuration in it, in the version of the request. Throws 409, 400. */
export function applyConfiguration(write: Write, live: KubeObject | undefined, applied: KubeObject): KubeObject {
  const { served, parameters, request } = write;
  const schema = served.isStorageVersion
    ? storageSchema(served)
    : (served.schema ?? codecOf(served.group, served.version, served.kind)?.schema);
  if (schema === undefined) throw internalError(`${served.apiVersion} ${served.kind} has no schema`);
  const { object } = applyObject({
    live: live === undefined ? undefined : served.fromStorage(live),
    applied,
    manager: parameters.fieldManager,
    apiVersion: served.apiVersion,
    subresource: request.info.subresource,
    force: parameters.force,
    now: request.now,
    schema,
    reset: resetFields(write),
  });
  return clone(object);
}
