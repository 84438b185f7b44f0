import type { CustomResourceDefinition } from '#api/generated/apiextensions-v1.ts';
import type { APIService } from '#api/generated/apiregistration-v1.ts';
import { isAlreadyExists, isConflict, isNotFound, objectEqual } from '#apimachinery';
import { resources, type Client } from '#client';
import type { Registry } from '../registry/index.ts';
import type { ApiServices } from './api-services.ts';
import { builtInPriority, CUSTOM } from './priorities.ts';

/** Says that the API server keeps the object: `onstart` those of its own groups, `true` those of custom resources. */
const MANAGED = 'kube-aggregator.kubernetes.io/automanaged';
const OWN_GROUP = 'apiregistration.k8s.io';
const DEFINITIONS = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };

/** Brings the APIServices of what this server serves itself in line with what it serves. */
export async function registerServed(registry: Registry, services: ApiServices, client: Client): Promise<void> {
  const wanted = wantedServices(registry);
  const api = client.resource(resources.apiServices);
  const writes: Promise<unknown>[] = [];
  for (const service of wanted.values()) {
    const present = services.get(service.metadata.name);
    if (present === undefined) writes.push(api.create(service));
    else if (isManaged(present) && !objectEqual(present.spec, service.spec))
      writes.push(api.update({ ...present, metadata: { ...present.metadata, labels: service.metadata.labels }, spec: service.spec }));
  }
  for (const present of services.all()) {
    if (isManaged(present) && !wanted.has(present.metadata.name) && !isDefined(registry, present))
      writes.push(api.delete({ name: present.metadata.name }));
  }
  await Promise.all(writes.map((write) => write.catch(ignoreRace)));
}

function wantedServices(registry: Registry): Map<string, APIService> {
  const wanted = new Map<string, APIService>();
  for (const { group, version, resource } of registry.allServed()) {
    const name = `${version}.${group}`;
    if (group === OWN_GROUP || wanted.has(name)) continue;
    const isCustom = resource.definition.custom === true;
    wanted.set(name, {
      metadata: { name, labels: { [MANAGED]: isCustom ? 'true' : 'onstart' } },
      spec: { group: group || undefined, version, ...(isCustom ? CUSTOM : builtInPriority(group, version)) },
      status: {},
    });
  }
  return wanted;
}

function isManaged({ metadata, spec }: APIService): boolean {
  return metadata.labels?.[MANAGED] !== undefined && spec.service === undefined;
}

/** There is a definition for it, even if what it defines is not served (yet). */
function isDefined({ reader }: Registry, { spec }: APIService): boolean {
  for (const object of reader.list(DEFINITIONS)) {
    const { group, versions } = (object as CustomResourceDefinition).spec;
    if (group === spec.group && versions.some(({ name, served }) => served && name === spec.version)) return true;
  }
  return false;
}

/** Another server, or a user, was faster: the next change shows what is there now. */
function ignoreRace(error: unknown): void {
  if (!isAlreadyExists(error) && !isConflict(error) && !isNotFound(error)) throw error;
}
