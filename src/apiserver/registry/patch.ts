import {
  applyJsonPatch,
  applyMergePatch,
  badRequest,
  clone,
  conflict,
  decodeJsonPatch,
  decodePatchMap,
  invalid,
  isNotFound,
  fieldInvalid,
  unsupportedMediaType,
  type KubeObject,
} from '#apimachinery';
import type { PatchType } from '#client';
import type { Entry } from '../cache/index.ts';
import type { Body } from './request.ts';
import type { ServedResource } from './served-resource.ts';
import { createObject, updateObject, type Write } from './write.ts';
import type { ObjectSubresource } from './subresources/object-subresources.ts';

export interface Patch {
  type: PatchType;
  body: Body;
}

/** Applies strategic merge patches and server-side apply, which need the schema of the kind. */
export interface SchemaPatcher {
  strategic(served: ServedResource, object: KubeObject, patch: Record<string, unknown>): KubeObject;
  /** The live object (undefined: none) with the applied configuration in it, managedFields included. */
  apply(write: Write, live: KubeObject | undefined, applied: KubeObject): KubeObject;
}

/** Patches one object (or, with `subresource`, the part of it that the subresource may change). Apply creates what is absent. */
export async function patchObject(
  write: Write,
  patcher: SchemaPatcher,
  namespace: string,
  name: string,
  patch: Patch,
  subresource?: ObjectSubresource,
): Promise<{ entry: Entry; created: boolean }> {
  if (patch.type === 'apply') return await applyObject(write, patcher, namespace, name, patch.body, subresource);
  const change = changeOf(write.served, patcher, patch);
  const entry = await updateObject(write, namespace, name, {
    scope: subresource?.scope,
    transform: (current) => {
      const before = clone(current);
      const shown = write.served.fromStorage(before);
      const patched = decodePatched(write, change(shown));
      return subresource === undefined ? patched : subresource.merge(patched, current);
    },
  });
  return { entry, created: false };
}

function changeOf(served: ServedResource, patcher: SchemaPatcher, { type, body }: Patch): (object: KubeObject) => KubeObject {
  switch (type) {
    case 'json': {
      const operations = decodeJsonPatch(body.value);
      return (object) => applyJsonPatch(object, operations);
    }
    case 'merge': {
      const map = decodePatchMap(body.value);
      return (object) => applyMergePatch(object, map);
    }
    case 'strategic': {
      const map = decodePatchMap(body.value);
      if (served.resource.definition.custom === true)
        throw unsupportedMediaType('the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml');
      return (object) => patcher.strategic(served, object, map);
    }
    case 'apply':
      throw new TypeError('apply is not a change of the present object alone');
  }
}

function decodePatched(write: Write, value: unknown): KubeObject {
  const { served, parameters, request } = write;
  return served.decode({ value }, parameters.fieldValidation, (text) => request.warn(text));
}

async function applyObject(
  write: Write,
  patcher: SchemaPatcher,
  namespace: string,
  name: string,
  body: Body,
  subresource: ObjectSubresource | undefined,
): Promise<{ entry: Entry; created: boolean }> {
  const applied = checkApplied(write, name, body);
  const applying = { ...write, parameters: { ...write.parameters, isApply: true } };
  try {
    const entry = await updateObject(applying, namespace, name, {
      scope: subresource?.scope,
      transform: (current) => {
        const merged = decodePatched(write, patcher.apply(write, current, clone(applied)));
        return subresource === undefined ? merged : subresource.merge(merged, current);
      },
    });
    return { entry, created: false };
  } catch (error) {
    if (!isNotFound(error) || subresource !== undefined) throw error;
  }
  if (applied.metadata.uid !== undefined && applied.metadata.uid !== '')
    throw conflict(write.served.resource.definition, name, `uid mismatch: the provided object specified uid ${applied.metadata.uid}, and no existing object was found`);
  const object = decodePatched(write, patcher.apply(write, undefined, clone(applied)));
  return { entry: await createObject(applying, object), created: true };
}

function checkApplied(write: Write, name: string, { value }: Body): KubeObject {
  const object = decodePatchMap(value) as unknown as KubeObject;
  const { apiVersion, kind } = write.served;
  if (object.apiVersion === undefined || object.kind === undefined)
    throw badRequest(`error getting object type: Object 'Kind' is missing in '${JSON.stringify(value)}'`);
  if (object.apiVersion !== apiVersion || object.kind !== kind)
    throw badRequest(`invalid object type: ${object.apiVersion}, Kind=${object.kind}`);
  object.metadata ??= { name };
  object.metadata.name ??= name;
  if (object.metadata.name !== name)
    throw badRequest(`name in URL does not match name in the applied object: ${name} and ${object.metadata.name}`);
  if (object.metadata.managedFields !== undefined && object.metadata.managedFields.length > 0)
    throw badRequest('metadata.managedFields must be nil');
  if (write.parameters.fieldManager === '')
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [fieldInvalid('fieldManager', '', 'is required for apply patch')]);
  return object;
}
