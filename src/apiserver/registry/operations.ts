import type { Scale } from '#api/generated/autoscaling-v1.ts';
import type { Binding } from '#api/generated/core-v1.ts';
import type { Eviction } from '#api/generated/policy-v1.ts';
import {
  applyJsonPatch,
  applyMergePatch,
  badRequest,
  decodeJsonPatch,
  decodePatchMap,
  groupResource,
  isConflict,
  isNotFound,
  StatusError,
  type DeleteOptions,
  type KubeObject,
} from '#apimachinery';
import type { Entry } from '../cache/index.ts';
import { deletedStatus, deleteObject } from './delete.ts';
import { filterOf, listObjects, revisionOf, type ListAnswer, type ListParameters } from './list.ts';
import { patchObject, type Patch, type SchemaPatcher } from './patch.ts';
import type { Registry } from './registry.ts';
import type { Body, RegistryRequest, WriteParameters } from './request.ts';
import type { ServedResource } from './served-resource.ts';
import { bindPod } from './subresources/binding.ts';
import { evictPod } from './subresources/eviction.ts';
import { objectSubresource } from './subresources/object-subresources.ts';
import { scaleOf, updateScale } from './subresources/scale.ts';
import { admitCreate, createObject, updateObject, type Write } from './write.ts';

/** What an operation answers, before anybody encodes it. Entries are in the storage version. */
export type Answer =
  | { type: 'entry'; entry: Entry; served: ServedResource; code: number }
  | { type: 'object'; object: object; code: number }
  | { type: 'list'; list: ListAnswer; served: ServedResource };

/** A resource that is computed, not stored: reviews, token requests. Takes the decoded body, returns the whole answer. */
export type VirtualCreate = (object: KubeObject, request: RegistryRequest) => Promise<object> | object;

export interface OperationsOptions {
  registry: Registry;
  patcher: SchemaPatcher;
  /** By `resource.group`, or `resource/subresource` of the core group. */
  virtual: Readonly<Record<string, VirtualCreate>>;
}

const SUCCESS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** The verbs on resources: what the HTTP edge and the in-process client both call. All throw StatusError. */
export class Operations {
  readonly registry: Registry;
  readonly #patcher: SchemaPatcher;
  readonly #virtual: OperationsOptions['virtual'];

  constructor({ registry, patcher, virtual }: OperationsOptions) {
    this.registry = registry;
    this.#patcher = patcher;
    this.#virtual = virtual;
  }

  /** The resource of a request's path; throws 404 when no such resource is served. */
  find({ info }: RegistryRequest): ServedResource {
    const served = this.registry.served(info.group, info.version, info.resource);
    if (served === undefined) throw unknownPath();
    const needsNamespace = served.resource.definition.namespaced && info.namespace === '';
    if (needsNamespace && info.verb === 'create') throw badRequest('an empty namespace may not be set during creation');
    if (needsNamespace && info.name !== '') throw unknownPath();
    return served;
  }

  async get(request: RegistryRequest, parameters: { resourceVersion?: string } = {}): Promise<Answer> {
    const served = this.find(request);
    const { resource } = served;
    const { namespace, name, subresource } = request.info;
    const wanted = revisionOf(parameters.resourceVersion);
    if (wanted !== undefined && wanted > 0) await resource.cache.reached(wanted);
    const entry = await resource.current(namespace, name);
    if (subresource === 'scale') return { type: 'object', object: scaleOf(this.#scale(served), entry.object), code: 200 };
    if (subresource !== '' && objectSubresource(resource.definition, subresource) === undefined) throw unknownPath();
    return { type: 'entry', entry, served, code: 200 };
  }

  async list(request: RegistryRequest, parameters: ListParameters): Promise<Answer> {
    const served = this.find(request);
    const filter = filterOf(served, request.info.namespace, request.info.name, parameters);
    return { type: 'list', list: await listObjects(served.resource, filter, parameters), served };
  }

  async create(request: RegistryRequest, body: Body, parameters: WriteParameters): Promise<Answer> {
    const served = this.find(request);
    const { info } = request;
    if (info.subresource !== '') return await this.#createSubresource(request, served, body, parameters);
    const write: Write = { registry: this.registry, served, request, parameters };
    const object = served.decode(body, parameters.fieldValidation, (text) => request.warn(text));
    const virtual = this.#virtual[groupResource(served.resource.definition)];
    if (virtual !== undefined) {
      served.resource.definition.defaults?.(object);
      return { type: 'object', object: await virtual(object, request), code: 201 };
    }
    if (groupResource(served.resource.definition) === 'bindings') {
      const pods = this.registry.served('', 'v1', 'pods') as ServedResource;
      await bindPod({ ...write, served: pods }, info.namespace, object.metadata.name, object as unknown as Binding);
      return { type: 'object', object: SUCCESS, code: 201 };
    }
    return { type: 'entry', entry: await createObject(write, object), served, code: 201 };
  }

  async #createSubresource(request: RegistryRequest, served: ServedResource, body: Body, parameters: WriteParameters): Promise<Answer> {
    const { namespace, name, subresource } = request.info;
    const write: Write = { registry: this.registry, served, request, parameters };
    const key = `${groupResource(served.resource.definition)}/${subresource}`;
    const value = (body.value ?? {}) as KubeObject;
    switch (key) {
      case 'pods/binding':
        await bindPod(write, namespace, name, value as unknown as Binding);
        return { type: 'object', object: SUCCESS, code: 201 };
      case 'pods/eviction':
        await evictPod(write, namespace, name, value as unknown as Eviction);
        return { type: 'object', object: SUCCESS, code: 201 };
    }
    const virtual = this.#virtual[key];
    if (virtual === undefined) throw unknownPath();
    await served.resource.current(namespace, name);
    await admitCreate(write, value);
    return { type: 'object', object: await virtual(value, request), code: 201 };
  }

  async update(request: RegistryRequest, body: Body, parameters: WriteParameters): Promise<Answer> {
    const served = this.find(request);
    const { namespace, name, subresource } = request.info;
    const write: Write = { registry: this.registry, served, request, parameters };
    if (subresource === 'scale') return await this.#scaleAnswer(write, () => body.value as Scale);
    const part = subresource === '' ? undefined : objectSubresource(served.resource.definition, subresource);
    if (subresource !== '' && part === undefined) throw unknownPath();
    const decoded = served.decode(body, parameters.fieldValidation, (text) => request.warn(text));
    checkName(request, decoded);
    try {
      const entry = await updateObject(write, namespace, name, {
        scope: part?.scope,
        transform: (current) => {
          const wanted = structuredClone(decoded);
          return part === undefined ? wanted : part.merge(wanted, current);
        },
      });
      return { type: 'entry', entry, served, code: 200 };
    } catch (error) {
      if (!isNotFound(error) || subresource !== '' || served.resource.definition.createOnUpdate !== true) throw error;
      return { type: 'entry', entry: await createObject(write, decoded), served, code: 201 };
    }
  }

  async patch(request: RegistryRequest, patch: Patch, parameters: WriteParameters): Promise<Answer> {
    const served = this.find(request);
    const { namespace, name, subresource } = request.info;
    const write: Write = { registry: this.registry, served, request, parameters };
    if (subresource === 'scale') return await this.#scaleAnswer(write, (present) => patchScale(present, patch));
    const part = subresource === '' ? undefined : objectSubresource(served.resource.definition, subresource);
    if (subresource !== '' && part === undefined) throw unknownPath();
    const { entry, created } = await patchObject(write, this.#patcher, namespace, name, patch, part);
    return { type: 'entry', entry, served, code: created ? 201 : 200 };
  }

  async delete(request: RegistryRequest, options: DeleteOptions): Promise<Answer> {
    const served = this.find(request);
    const write = this.#deleteWrite(request, served, options);
    const { entry, gone } = await deleteObject(write, request.info.namespace, request.info.name, options);
    // A pod that goes at once is shown as it was, like one that goes gracefully.
    if (gone && served.resource.definition.gracePeriod === undefined)
      return { type: 'object', object: deletedStatus(write, entry), code: 200 };
    return { type: 'entry', entry, served, code: 200 };
  }

  async deleteCollection(request: RegistryRequest, parameters: ListParameters, options: DeleteOptions): Promise<Answer> {
    const served = this.find(request);
    const write = this.#deleteWrite(request, served, options);
    const filter = filterOf(served, request.info.namespace, '', parameters);
    const list = await listObjects(served.resource, filter, parameters);
    await Promise.all(
      list.entries.map(async (entry) => {
        try {
          await deleteObject(write, entry.namespace, entry.name, options);
        } catch (error) {
          if (!isNotFound(error) && !isConflict(error)) throw error;
        }
      }),
    );
    return { type: 'list', list, served };
  }

  #deleteWrite(request: RegistryRequest, served: ServedResource, options: DeleteOptions): Write {
    const parameters: WriteParameters = {
      dryRun: (options.dryRun?.length ?? 0) > 0,
      fieldManager: request.manager,
      fieldValidation: 'Ignore',
    };
    return { registry: this.registry, served, request, parameters };
  }

  async #scaleAnswer(write: Write, wanted: (present: Scale) => Scale): Promise<Answer> {
    const { namespace, name } = write.request.info;
    const scale = this.#scale(write.served);
    const entry = await updateScale(write, namespace, name, scale, wanted);
    return { type: 'object', object: scaleOf(scale, entry.object), code: 200 };
  }

  #scale(served: ServedResource): NonNullable<ServedResource['resource']['definition']['scale']> {
    const { scale } = served.resource.definition;
    if (scale === undefined) throw unknownPath();
    return scale;
  }
}

function patchScale(present: Scale, { type, body }: Patch): Scale {
  if (type === 'json') return applyJsonPatch(present, decodeJsonPatch(body.value));
  // A Scale has neither lists nor other things in which a strategic or an applied patch would differ from a merge.
  return applyMergePatch(present, decodePatchMap(body.value));
}

function checkName({ info }: RegistryRequest, object: KubeObject): void {
  const { name, namespace } = object.metadata;
  if (name === undefined || name === '') object.metadata.name = info.name;
  else if (name !== info.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name})`);
  if (namespace !== undefined && namespace !== '' && info.namespace !== '' && namespace !== info.namespace)
    throw badRequest(
      `the namespace of the object (${namespace}) does not match the namespace on the request (${info.namespace})`,
    );
}

/** The 404 for a path that nothing is served at. */
export function unknownPath(): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });
}
