import { clone, type GroupVersionKind, type GroupVersionResource, type KubeObject } from '#apimachinery';
import { scaleOf } from '../../registry/subresources/scale.ts';
import type { Registry, ServedResource } from '../../registry/index.ts';
import type { AdmissionAttributes } from '../../types.ts';

/** A write as one version of the API shows it. */
export interface RequestForm {
  resource: GroupVersionResource;
  kind: GroupVersionKind;
  /** Absent for what is not served (any more). */
  served: ServedResource | undefined;
}

/** The forms in which writes can be shown: the client's own, and those of the other versions of the same resource. */
export interface Forms {
  own(attributes: AdmissionAttributes): RequestForm;
  others(attributes: AdmissionAttributes): RequestForm[];
}

/** Forms by what the registry serves at the moment. */
export function formsOf(registry: Registry): Forms {
  return {
    own({ resource, kind, subresource }) {
      const served = registry.served(resource.group, resource.version, resource.resource);
      return served === undefined ? { resource, kind, served } : formOf(asStored(registry, served), subresource);
    },
    others({ resource, subresource }) {
      const own = registry.served(resource.group, resource.version, resource.resource);
      if (own === undefined) return [];
      return [...registry.allServed()]
        .filter((other) => other.resource === own.resource && other !== own && !other.isRemote)
        .map((other) => formOf(other, subresource));
    },
  };
}

/** What only a webhook can convert is shown as it is going to be stored. */
function asStored(registry: Registry, served: ServedResource): ServedResource {
  if (!served.isRemote) return served;
  return registry.served(served.group, served.resource.definition.version, served.name) ?? served;
}

function formOf(served: ServedResource, subresource: string): RequestForm {
  const { group, version, name } = served;
  return { resource: { group, version, resource: name }, kind: kindOf(served, subresource), served };
}

/** The kind of the body: the resource's own, or that of a subresource which has one. */
function kindOf({ group, version, kind, resource }: ServedResource, subresource: string): GroupVersionKind {
  if (subresource === '') return { group, version, kind };
  const other = resource.definition.otherSubresources?.find(({ name }) => name === subresource);
  if (other !== undefined) return { group: other.group ?? group, version: other.version ?? version, kind: other.kind };
  return subresource === 'scale' && resource.definition.scale !== undefined
    ? { group: 'autoscaling', version: 'v1', kind: 'Scale' }
    : { group, version, kind };
}

/** True when the body of the write is an object of the resource itself, in the storage version. */
function isWholeObject({ served, kind }: RequestForm): boolean {
  return served !== undefined && kind.kind === served.kind && kind.group === served.group;
}

/**
 * The write, ready to be shown in this form: where a webhook converts, it has been asked. What it made of the object would
 * be out of date after the next change; so each time a copy is converted.
 */
export function showable({ served }: RequestForm, attributes: AdmissionAttributes): AdmissionAttributes | Promise<AdmissionAttributes> {
  if (served?.isRemote !== true) return attributes;
  const { object, oldObject } = attributes;
  const seen = { ...attributes, object: object === undefined ? undefined : clone(object) };
  const converting = served.prepare([seen.object, oldObject].filter((each) => each !== undefined));
  return converting === undefined ? seen : converting.then(() => seen);
}

/** The object as this form shows it: a copy at the top, never to be changed further down. */
export function show(form: RequestForm, { subresource }: AdmissionAttributes, object: KubeObject | undefined): KubeObject | undefined {
  if (object === undefined) return undefined;
  const { served, kind } = form;
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  const scale = served?.resource.definition.scale;
  if (subresource === 'scale' && scale !== undefined) return { ...scaleOf(scale, object), metadata: scaleMetadata(object) };
  const shown = isWholeObject(form) ? (served?.fromStorage(object) ?? object) : object;
  return { ...shown, apiVersion, kind: kind.kind };
}

function scaleMetadata({ metadata }: KubeObject): KubeObject['metadata'] {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return { name, namespace, uid, resourceVersion, creationTimestamp };
}

/** Puts what came back, in this form, in place of the write's object. Throws 400 when it is no such object any more. */
export async function takeOver(form: RequestForm, attributes: AdmissionAttributes, changed: KubeObject): Promise<void> {
  const { object, subresource } = attributes;
  if (object === undefined) return;
  const { served } = form;
  const definition = served?.resource.definition;
  if (subresource === 'scale' && definition?.scale !== undefined) {
    definition.scale.setReplicas(object, (changed as KubeObject & { spec?: { replicas?: number } }).spec?.replicas ?? 0);
    return;
  }
  if (served === undefined || !isWholeObject(form)) {
    replaceFields(object, changed);
    return;
  }
  const stored = await served.stored(served.decode({ value: changed }, 'Ignore', attributes.warn));
  definition?.defaults?.(stored);
  replaceFields(object, stored);
}

/** The object stays the same one, since those before and after us hold on to it. */
function replaceFields(object: KubeObject, by: KubeObject): void {
  for (const key of Object.keys(object)) if (!(key in by)) delete (object as unknown as Record<string, unknown>)[key];
  Object.assign(object, by);
}
