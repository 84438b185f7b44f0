import type { Scale } from '#api/generated/autoscaling-v1.ts';
import type { Binding } from '#api/generated/core-v1.ts';
import {
  applyJsonPatch,
  applyMergePatch,
  badRequest,
  clone,
  decodeJsonPatch,
  decodePatchMap,
  groupResource,
  isConflict,
  isNotFound,
  notFound,
  StatusError,
  type DeleteOptions,
  type KubeObject,
} from '#apimachinery';
import { accepts, type Entry } from '../cache/index.ts';
import { deletedStatus, deleteObject, isAccepted } from './delete.ts';
import { filterOf, listObjects, revisionOf, type ListAnswer, type ListParameters } from './list.ts';
import { patchObject, type Patch, type SchemaPatcher } from './patch.ts';
import type { Registry } from './registry.ts';
import type { Body, RegistryRequest, WriteParameters } from './request.ts';
import type { ServedResource } from './served-resource.ts';
import { bindPod } from './subresources/binding.ts';
import { evictPod } from './subresources/eviction.ts';
import { objectSubresource } from './subresources/object-subresources.ts';
import { scaleOf, updateScale } from './subresources/scale.ts';
import { decodeTyped } from './typed-body.ts';
import { admitCreate, createObject, updateObject, type Write } from './write.ts';

/** What an operation answers, before anybody encodes it. Entries are in the storage version. */
export type Answer =
  | { type: 'entry'; entry: Entry; served: ServedResource; code: number }
  | { type: 'object'; object: object; code: number }
  | { type: 'list'; list: ListAnswer; served: ServedResource };

/** A resource that is computed, not stored: reviews, token requests. Takes the decoded body, returns the whole answer. */
export type VirtualCreate = (object: KubeObject, request: RegistryRequest) => Promise<object> | object;

/** Objects that are made up when somebody reads them: component statuses. */
export type ComputedRead = () => Promise<KubeObject[]>;

export interface OperationsOptions {
  registry: Registry;
  patcher: SchemaPatcher;
  /** By `resource.group`, or `resource/subresource` of the core group. */
  virtual: Readonly<Record<string, VirtualCreate>>;
  /** By `resource.group`. */
  computed?: Readonly<Record<string, ComputedRead>>;
}

/** Kinds whose last state a deletion that happens at once is answered with; the others are answered with a Status. */
const SHOWN_WHEN_GONE = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'podtemplates',
  'resourcequotas',
  'storageclasses.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
]);

/** How many objects of a collection are on their way out at the same time. */
const DELETIONS_AT_ONCE = 32;

/** Waits for what a conversion webhook makes of an answer's objects; undefined where there is nothing to wait for. Throws StatusError. */
export function converted(answer: Answer): Promise<void> | undefined {
  if (answer.type === 'entry') return answer.served.prepare([answer.entry.object]);
  return answer.type === 'list' ? answer.served.prepare(answer.list.entries.map(({ object }) => object)) : undefined;
}

const SUCCESS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** The verbs on resources: what the HTTP edge and the in-process client both call. All throw StatusError. */
export class Operations {
  readonly registry: Registry;
  readonly #patcher: SchemaPatcher;
  readonly #virtual: OperationsOptions['virtual'];
  readonly #computed: NonNullable<OperationsOptions['computed']>;

  constructor({ registry, patcher, virtual, computed = {} }: OperationsOptions) {
    this.registry = registry;
    this.#patcher = patcher;
    this.#virtual = virtual;
    this.#computed = computed;
  }

  /** The resource of a request's path; throws 404 when no such thing is served there, 405 when it cannot be done there. */
  find({ info }: RegistryRequest): ServedResource {
    const served = this.registry.served(info.group, info.version, info.resource);
    if (served === undefined) throw unknownPath();
    const { namespaced } = served.resource.definition;
    const isNamespace = info.group === '' && info.resource === 'namespaces';
    if (!namespaced && info.namespace !== '' && !isNamespace) throw unknownPath();
    if (namespaced && info.namespace === '') {
      if (info.name !== '' && !isListing(info.verb)) throw unknownPath();
      if (!isListing(info.verb)) throw notAllowed();
    }
    if (info.subresource === '' && (isOfOne(info.verb) ? info.name === '' : info.verb === 'create' && info.name !== '')) throw notAllowed();
    return served;
  }

  async get(request: RegistryRequest, parameters: { resourceVersion?: string } = {}): Promise<Answer> {
    const served = this.find(request);
    const { resource } = served;
    const { namespace, name, subresource } = request.info;
    const computed = this.#computed[groupResource(resource.definition)];
    if (computed !== undefined) {
      const object = (await computed()).find((item) => item.metadata.name === name);
      if (object === undefined) throw notFound(resource.definition, name);
      return { type: 'entry', entry: resource.pretend(object), served, code: 200 };
    }
    const wanted = revisionOf(parameters.resourceVersion);
    if (wanted !== undefined && wanted > 0) await resource.cache.reached(wanted);
    const entry = await resource.current(namespace, name);
    if (subresource === 'scale') return { type: 'object', object: scaleOf(this.#scale(served), entry.object), code: 200 };
    if (subresource !== '' && objectSubresource(served.definition, subresource) === undefined)
      throw hasSubresource(served, subresource) ? notAllowed() : unknownPath();
    return { type: 'entry', entry, served, code: 200 };
  }

  async list(request: RegistryRequest, parameters: ListParameters): Promise<Answer> {
    const served = this.find(request);
    const filter = filterOf(served, request.info.namespace, request.info.name, parameters);
    const computed = this.#computed[groupResource(served.resource.definition)];
    if (computed !== undefined) {
      const entries = (await computed()).map((object) => served.resource.pretend(object)).filter((entry) => accepts(filter, entry));
      return { type: 'list', list: { entries, revision: 0 }, served };
    }
    return { type: 'list', list: await listObjects(served.resource, filter, parameters), served };
  }

  async create(request: RegistryRequest, body: Body, parameters: WriteParameters): Promise<Answer> {
    const served = this.find(request);
    const { info } = request;
    if (info.subresource !== '') return await this.#createSubresource(request, served, body, parameters);
    const write: Write = { registry: this.registry, served, request, parameters };
    const object = await served.stored(served.decode(body, parameters.fieldValidation, (text) => request.warn(text)));
    const virtual = this.#virtual[groupResource(served.resource.definition)];
    if (virtual !== undefined) {
      served.resource.definition.defaults?.(object);
      return { type: 'object', object: await virtual(object, request), code: 201 };
    }
    if (groupResource(served.resource.definition) === 'bindings') {
      const pods = this.registry.served('', 'v1', 'pods') as ServedResource;
      const name = object.metadata.name ?? '';
      await admitCreate(write, object);
      // From here on it is the pod that is written, through its subresource.
      const asSubresource = { ...request, info: { ...info, resource: 'pods', name, subresource: 'binding' } };
      await bindPod({ ...write, served: pods, request: asSubresource }, info.namespace, name, object as unknown as Binding);
      return { type: 'object', object: SUCCESS, code: 201 };
    }
    return { type: 'entry', entry: await createObject(write, object), served, code: 201 };
  }

  async #createSubresource(request: RegistryRequest, served: ServedResource, body: Body, parameters: WriteParameters): Promise<Answer> {
    const { namespace, name, subresource } = request.info;
    const write: Write = { registry: this.registry, served, request, parameters };
    const key = `${groupResource(served.resource.definition)}/${subresource}`;
    switch (key) {
      case 'pods/binding':
        await this.#bind(write, decodeTyped('Binding', body.value));
        return { type: 'object', object: SUCCESS, code: 201 };
      case 'pods/eviction': {
        const eviction = decodeTyped('Eviction', body.value);
        await admitCreate(write, eviction);
        await evictPod(write, namespace, name, eviction);
        return { type: 'object', object: SUCCESS, code: 201 };
      }
    }
    const virtual = this.#virtual[key];
    if (virtual === undefined) throw hasSubresource(served, subresource) ? notAllowed() : unknownPath();
    const value = decodeTyped('TokenRequest', body.value);
    await served.resource.current(namespace, name);
    await admitCreate(write, value);
    return { type: 'object', object: await virtual(value, request), code: 201 };
  }

  /** Admission sees the binding itself, as a new object. */
  async #bind(write: Write, binding: Binding): Promise<void> {
    const { namespace, name } = write.request.info;
    await admitCreate(write, binding);
    await bindPod(write, namespace, name, binding);
  }

  async update(request: RegistryRequest, body: Body, parameters: WriteParameters): Promise<Answer> {
    const served = this.find(request);
    const { namespace, name, subresource } = request.info;
    const write: Write = { registry: this.registry, served, request, parameters };
    if (subresource === 'scale') return await this.#scaleAnswer(write, () => decodeTyped('Scale', body.value));
    const part = subresource === '' ? undefined : objectSubresource(served.definition, subresource);
    if (subresource !== '' && part === undefined) throw hasSubresource(served, subresource) ? notAllowed() : unknownPath();
    const decoded = await served.stored(served.decode(body, parameters.fieldValidation, (text) => request.warn(text)));
    checkName(request, decoded);
    try {
      const entry = await updateObject(write, namespace, name, {
        scope: part?.scope,
        transform: (current) => {
          const wanted = clone(decoded);
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
    const part = subresource === '' ? undefined : objectSubresource(served.definition, subresource);
    if (subresource !== '' && part === undefined) throw hasSubresource(served, subresource) ? notAllowed() : unknownPath();
    const { entry, created } = await patchObject(write, this.#patcher, namespace, name, patch, part);
    return { type: 'entry', entry, served, code: created ? 201 : 200 };
  }

  async delete(request: RegistryRequest, options: DeleteOptions): Promise<Answer> {
    const served = this.find(request);
    const write = this.#deleteWrite(request, served, options);
    if (request.info.subresource !== '') throw hasSubresource(served, request.info.subresource) ? notAllowed() : unknownPath();
    const { entry, gone } = await deleteObject(write, request.info.namespace, request.info.name, options);
    if (gone && !SHOWN_WHEN_GONE.has(groupResource(served.resource.definition)))
      return { type: 'object', object: deletedStatus(write, entry), code: 200 };
    return { type: 'entry', entry, served, code: !gone && isAccepted(options) ? 202 : 200 };
  }

  async deleteCollection(request: RegistryRequest, parameters: ListParameters, options: DeleteOptions): Promise<Answer> {
    const served = this.find(request);
    const write = this.#deleteWrite(request, served, options);
    const filter = filterOf(served, request.info.namespace, '', parameters);
    const list = await listObjects(served.resource, filter, parameters);
    const left = list.entries.values();
    const deleteNext = async (): Promise<void> => {
      for (const entry of left) {
        request.signal.throwIfAborted();
        try {
          await deleteObject(write, entry.namespace, entry.name, options);
        } catch (error) {
          if (!isNotFound(error) && !isConflict(error)) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: DELETIONS_AT_ONCE }, deleteNext));
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
    const { scale } = served.definition;
    if (scale === undefined) throw unknownPath();
    return scale;
  }
}

function patchScale(present: Scale, { type, body }: Patch): Scale {
  if (type === 'json') return decodeTyped('Scale', applyJsonPatch(present, decodeJsonPatch(body.value)));
  // A Scale has neither lists nor other things in which a strategic or an applied patch would differ from a merge.
  return decodeTyped('Scale', applyMergePatch(present, decodePatchMap(body.value)));
}

/** Verbs whose path ends in a name. */
function isOfOne(verb: string): boolean {
  return verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete';
}

/** Verbs that reach over all namespaces, and may name an object by a selector. */
function isListing(verb: string): boolean {
  return verb === 'list' || verb === 'watch';
}

/** Whether a resource has a subresource of that name, whoever serves it. */
export function hasSubresource(served: ServedResource, name: string): boolean {
  const { definition } = served;
  return (
    (definition.otherSubresources?.some((item) => item.name === name) ?? false) ||
    objectSubresource(definition, name) !== undefined ||
    (name === 'scale' && definition.scale !== undefined)
  );
}

function checkName({ info }: RegistryRequest, object: KubeObject): void {
  const { name, namespace } = object.metadata;
  if (name === undefined || name === '') object.metadata.name = info.name;
  else if (name !== info.name) throw badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name})`);
  if (namespace !== undefined && namespace !== '' && info.namespace !== '' && namespace !== info.namespace)
    throw badRequest(`the namespace of the object (${namespace}) does not match the namespace on the request (${info.namespace})`);
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

/** The 405 for something that is served, but not for this verb. */
export function notAllowed(): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });
}
