import type { APIService } from '#api/generated/apiregistration-v1.ts';
import type { ApiResource } from '../discovery/index.ts';
import type { RemoteServers } from './remote-server.ts';

/** What another server says about its resources, in the form of aggregated discovery; and where its OpenAPI is. */
export interface RemoteApi {
  resources: readonly object[];
  openApi: string | undefined;
}

const AGGREGATED = ['v2', 'v2beta1'].map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`);
const ACCEPT = [...AGGREGATED, 'application/json'].join(',');
const TIMEOUT_MS = 5000;

interface GroupDiscoveryList {
  items?: { metadata?: { name?: string }; versions?: { version: string; resources?: object[] }[] }[];
}

/** Asks another server what it serves under this group-version. Throws what the connection throws. */
export async function discoverRemote(service: APIService, servers: RemoteServers, stopping: AbortSignal): Promise<RemoteApi> {
  const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), stopping]);
  const resources = (await aggregated(service, servers, signal)) ?? (await legacy(service, servers, signal));
  return { resources, openApi: await openApiPath(service, servers, signal) };
}

async function aggregated({ spec }: APIService, servers: RemoteServers, signal: AbortSignal): Promise<object[] | undefined> {
  const { code, type, text } = await servers.get({ spec } as APIService, '/apis', ACCEPT, signal);
  if (code !== 200 || !type.includes('as=APIGroupDiscoveryList')) return undefined;
  const { items = [] } = JSON.parse(text) as GroupDiscoveryList;
  const group = items.find(({ metadata }) => metadata?.name === spec.group);
  return group?.versions?.find(({ version }) => version === spec.version)?.resources;
}

async function legacy(service: APIService, servers: RemoteServers, signal: AbortSignal): Promise<object[]> {
  const { group = '', version = '' } = service.spec;
  const { code, text } = await servers.get(service, `/apis/${group}/${version}`, 'application/json', signal);
  if (code !== 200) throw new Error(`discovery of ${group}/${version} answered ${code}`);
  const { resources = [] } = JSON.parse(text) as { resources?: ApiResource[] };
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map((resource) => ({
      resource: resource.name,
      responseKind: kindOf(resource, service),
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: resource.singularName,
      verbs: resource.verbs,
      shortNames: resource.shortNames,
      categories: resource.categories,
      subresources: resources
        .filter(({ name }) => name.startsWith(`${resource.name}/`))
        .map((subresource) => ({
          subresource: subresource.name.slice(resource.name.length + 1),
          responseKind: kindOf(subresource, service),
          verbs: subresource.verbs,
        })),
    }));
}

function kindOf({ group, version, kind }: ApiResource, { spec }: APIService): object {
  return { group: group || spec.group, version: version || spec.version, kind };
}

/** Where the document of the group-version is, if the server has one. */
async function openApiPath(service: APIService, servers: RemoteServers, signal: AbortSignal): Promise<string | undefined> {
  const { code, text } = await servers.get(service, '/openapi/v3', 'application/json', signal);
  if (code !== 200) return undefined;
  try {
    const { paths = {} } = JSON.parse(text) as { paths?: Record<string, { serverRelativeURL?: string }> };
    return paths[`apis/${service.spec.group}/${service.spec.version}`]?.serverRelativeURL;
  } catch {
    // Not every server has OpenAPI v3; what answers something else has none.
    return undefined;
  }
}
