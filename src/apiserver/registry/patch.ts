import {
  applyJsonPatch,
  applyMergePatch,
  badRequest,
  clone,
  conflict,
  decodeJsonPatch,
  decodePatchMap,
  fieldInvalid,
  fieldRequired,
  invalid,
  isAlreadyExists,
  isNotFound,
  StatusError,
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

const APPLY_TRIES = 5;

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
    transform: async (current) => {
      // The present object is the transform's own; a subresource compares with it afterwards.
      const before = subresource === undefined ? current : clone(current);
      await write.served.prepare([before]);
      const shown = write.served.fromStorage(before);
      const patched = await write.served.stored(decodePatched(write, change(shown), patch));
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
        throw unsupportedMediaType(
          'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
        );
      return (object) => patcher.strategic(served, object, map);
    }
    case 'apply':
      throw new TypeError('apply is not a change of the present object alone');
  }
}

/** What a patch made of an object, as such an object again. Throws 422 when it is none any more, 400 for unknown fields. */
function decodePatched(write: Write, value: unknown, patch?: Patch): KubeObject {
  const { served, parameters, request } = write;
  try {
    return served.decode({ value }, parameters.fieldValidation, (text) => request.warn(text));
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    if (patch === undefined || !(error instanceof StatusError) || !(cause instanceof Error) || isStrict(cause)) throw error;
    const shown = patch.body.raw ?? JSON.stringify(patch.body.value);
    throw invalid({ group: '', kind: '' }, '', [fieldInvalid('patch', shown, cause.message)]);
  }
}

/** The client asked for unknown fields to be refused, and gets that very answer. */
function isStrict({ message }: Error): boolean {
  return message.startsWith('strict decoding error');
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
  for (let left = APPLY_TRIES; ; left--) {
    const entry = await applyToPresent(applying, patcher, namespace, applied, subresource);
    if (entry !== undefined) return { entry, created: false };
    checkNothingThere(write, name, applied);
    const object = await write.served.stored(decodePatched(write, patcher.apply(write, undefined, clone(applied))));
    try {
      return { entry: await createObject(applying, object), created: true };
    } catch (error) {
      // Somebody else has created it meanwhile: then there is something to apply to.
      if (!isAlreadyExists(error) || left <= 1) throw error;
    }
  }
}

/** The object with the configuration in it; undefined when there is no object yet. */
async function applyToPresent(
  write: Write,
  patcher: SchemaPatcher,
  namespace: string,
  applied: KubeObject,
  subresource: ObjectSubresource | undefined,
): Promise<Entry | undefined> {
  try {
    return await updateObject(write, namespace, applied.metadata.name, {
      scope: subresource?.scope,
      transform: async (current) => {
        await write.served.prepare([current]);
        const merged = await write.served.stored(decodePatched(write, patcher.apply(write, current, clone(applied))));
        return subresource === undefined ? merged : subresource.merge(merged, current);
      },
    });
  } catch (error) {
    if (!isNotFound(error) || subresource !== undefined) throw error;
    return undefined;
  }
}

function checkNothingThere(write: Write, name: string, { metadata }: KubeObject): void {
  if (metadata.uid !== undefined && metadata.uid !== '')
    throw conflict(
      write.served.resource.definition,
      name,
      `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`,
    );
}

/** The configuration as it came, checked: nothing may be added to it, since whatever is in it will be owned. */
function checkApplied(write: Write, name: string, { value, raw }: Body): KubeObject {
  if (write.parameters.fieldManager === '')
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [fieldRequired('fieldManager', 'is required for apply patch')]);
  const object = decodePatchMap(value) as unknown as KubeObject;
  const { apiVersion, kind } = write.served;
  if (object.apiVersion === undefined || object.kind === undefined)
    throw badRequest(`error getting object type: Object 'Kind' is missing in '${JSON.stringify(value)}'`);
  if (object.apiVersion !== apiVersion || object.kind !== kind)
    throw badRequest(`invalid object type: ${object.apiVersion}, Kind=${object.kind}`);
  write.served.decode({ value: clone(object), raw }, write.parameters.fieldValidation, write.request.warn);
  object.metadata ??= { name };
  object.metadata.name ??= name;
  if (object.metadata.name !== name)
    throw badRequest(`name in URL does not match name in the applied object: ${name} and ${object.metadata.name}`);
  if (object.metadata.managedFields !== undefined && object.metadata.managedFields.length > 0)
    throw badRequest('metadata.managedFields must be nil');
  return object;
}
