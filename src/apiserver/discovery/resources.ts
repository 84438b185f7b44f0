import type { KindDefinition } from '#api';
import type { ServedResource } from '../registry/served-resource.ts';

/** One resource or subresource as discovery lists it. */
export interface ApiResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  group?: string;
  version?: string;
  kind: string;
  verbs: readonly string[];
  shortNames?: readonly string[];
  categories?: readonly string[];
}

const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const OBJECT_VERBS = ['get', 'patch', 'update'];

/** A served resource with all its subresources, as `/api/v1` and its like list them. */
export function apiResourcesOf(served: ServedResource): ApiResource[] {
  const { definition } = served;
  const main: ApiResource = {
    name: definition.resource,
    singularName: definition.singular,
    namespaced: definition.namespaced,
    kind: definition.kind,
    verbs: [...(definition.verbs ?? ALL_VERBS)].sort(),
    shortNames: served.isLegacyGroup ? undefined : definition.shortNames,
    categories: served.isLegacyGroup ? undefined : definition.categories,
  };
  return [main, ...subresourcesOf(definition)];
}

function subresourcesOf(definition: KindDefinition): ApiResource[] {
  const base = { singularName: '', namespaced: definition.namespaced };
  const list: ApiResource[] = (definition.otherSubresources ?? []).map(({ name, kind, group, version, verbs }) => ({
    ...base,
    name: `${definition.resource}/${name}`,
    kind,
    group,
    version,
    verbs,
  }));
  const has = (name: string): boolean => list.some((item) => item.name === `${definition.resource}/${name}`);
  if (definition.scale !== undefined && !has('scale'))
    list.push({ ...base, name: `${definition.resource}/scale`, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: OBJECT_VERBS });
  if (definition.hasStatus && !has('status'))
    list.push({ ...base, name: `${definition.resource}/status`, kind: definition.kind, verbs: OBJECT_VERBS });
  return list.sort((a, b) => (a.name < b.name ? -1 : 1));
}
