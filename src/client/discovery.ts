import { parseApiVersion } from '#apimachinery';
import type { APIGroupList, APIResourceList, APIVersions } from '#api/generated/meta-v1.ts';
import type { Client, ResourceType } from './types.ts';

/** A resource that the server serves, in its preferred version. */
export interface ServedResource extends ResourceType {
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

export interface Discovery {
  resources: ServedResource[];
  /** Group versions that did not answer (an aggregated API server that is down), each with its error. */
  failed: Map<string, unknown>;
}

/** Asks the server for all resources (not subresources) that it serves, each in one version: the group's preferred one first. */
export async function discover(client: Client, signal?: AbortSignal): Promise<Discovery> {
  const [core, groups] = (await Promise.all([
    client.raw('GET', '/api', undefined, signal),
    client.raw('GET', '/apis', undefined, signal),
  ])) as [APIVersions, APIGroupList];
  const found: Discovery = { resources: [], failed: new Map() };
  const wanted = [...core.versions, ...groups.groups.flatMap(versionsByPreference)];
  const answers = await Promise.all(wanted.map((apiVersion) => resourcesOf(client, apiVersion, found, signal)));
  const seen = new Set<string>();
  for (const resource of answers.flat()) {
    const key = `${resource.group}/${resource.resource}`;
    if (seen.has(key)) continue;
    seen.add(key);
    found.resources.push(resource);
  }
  return found;
}

function versionsByPreference(group: APIGroupList['groups'][number]): string[] {
  const preferred = group.preferredVersion?.groupVersion;
  const all = group.versions.map((version) => version.groupVersion);
  return preferred ? [preferred, ...all.filter((version) => version !== preferred)] : all;
}

async function resourcesOf(client: Client, apiVersion: string, found: Discovery, signal?: AbortSignal): Promise<ServedResource[]> {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  try {
    const list = (await client.raw('GET', path, undefined, signal)) as APIResourceList;
    return list.resources
      .filter((resource) => !resource.name.includes('/'))
      .map(({ name, kind, namespaced, verbs, shortNames, categories }) => {
        return { ...parseApiVersion(apiVersion), resource: name, kind, namespaced, verbs, shortNames, categories };
      });
  } catch (error) {
    found.failed.set(apiVersion, error);
    return [];
  }
}
