import { createHash } from 'node:crypto';
import { apiVersionOf } from '#apimachinery';
import type { Registry } from '../registry/registry.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import type { AggregatedVersion, DiscoveredElsewhere } from './elsewhere.ts';
import { compareGroups } from './group-order.ts';
import { apiResourcesOf, type ApiResource } from './resources.ts';

/** A document of discovery, encoded once until the served resources change. */
export interface DiscoveryDocument {
  bytes: Buffer;
  contentType: string;
  /** Clients that send it back are told that nothing has changed. */
  etag: string;
}

interface Version {
  group: string;
  version: string;
  resources: ServedResource[];
  /** Set for what another server serves; `resources` is empty then. */
  elsewhere?: AggregatedVersion;
}

/** Versions order by stability, then newness: v2, v1, v1beta2, v1beta1, v1alpha1. */
export function compareVersions(a: string, b: string): number {
  const rank = (version: string): [number, number, number] => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (match === null) return [-1, 0, 0];
    const [, major, stage, minor] = match;
    return [stage === undefined ? 2 : stage === 'beta' ? 1 : 0, Number(major), Number(minor ?? 0)];
  };
  const [x, y] = [rank(a), rank(b)];
  for (const index of [0, 1, 2] as const) if (x[index] !== y[index]) return y[index] - x[index];
  return a < b ? -1 : a > b ? 1 : 0;
}

const CLIENT_CIDRS = [{ clientCIDR: '0.0.0.0/0' }];
const AGGREGATED = /application\/json;[^,]*g=apidiscovery\.k8s\.io;[^,]*v=(v2|v2beta1);[^,]*as=APIGroupDiscoveryList/;

/** What `/api`, `/apis` and the documents below them say about the served resources. */
export class Discovery {
  readonly #registry: Registry;
  readonly #serverAddress: () => string;
  readonly #elsewhere: DiscoveredElsewhere | undefined;
  readonly #documents = new Map<string, DiscoveryDocument | undefined>();
  #groups: Map<string, Version[]> | undefined;

  constructor(registry: Registry, serverAddress: () => string, elsewhere?: DiscoveredElsewhere) {
    this.#registry = registry;
    this.#serverAddress = serverAddress;
    this.#elsewhere = elsewhere;
    const forget = (): void => {
      this.#groups = undefined;
      this.#documents.clear();
    };
    registry.onChange(forget);
    elsewhere?.onChange(forget);
  }

  /** The document at a path, in the form that the client's `Accept` wants; undefined when there is none. */
  document(path: string, accept: string | undefined): DiscoveryDocument | undefined {
    const aggregated = (path === '/api' || path === '/apis') && accept !== undefined ? AGGREGATED.exec(accept)?.[1] : undefined;
    const key = `${path} ${aggregated ?? ''}`;
    const known = this.#documents.get(key);
    if (known !== undefined) return known;
    const body = aggregated === undefined ? this.#plain(path) : this.#aggregated(path, aggregated);
    if (body === undefined) return undefined;
    const bytes = Buffer.from(JSON.stringify(body));
    const document = {
      bytes,
      contentType:
        aggregated === undefined ? 'application/json' : `application/json;g=apidiscovery.k8s.io;v=${aggregated};as=APIGroupDiscoveryList`,
      etag: `"${createHash('sha256').update(bytes).digest('hex').toUpperCase()}"`,
    };
    this.#documents.set(key, document);
    return document;
  }

  #plain(path: string): object | undefined {
    const [prefix, first = '', second = '', more] = path.split('/').filter((part) => part !== '');
    if (more !== undefined) return undefined;
    if (prefix === 'api') {
      if (first === '') return this.#coreVersions();
      return second === '' ? this.#resourceList('', first) : undefined;
    }
    if (prefix !== 'apis') return undefined;
    if (first === '') return this.#groupList();
    return second === '' ? this.#group(first) : this.#resourceList(first, second);
  }

  #coreVersions(): object {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: CLIENT_CIDRS.map((cidr) => ({ ...cidr, serverAddress: this.#serverAddress() })),
    };
  }

  #groupList(): object {
    const groups = [...this.#all()].filter(([group]) => group !== '').map(([group, versions]) => groupOf(group, versions));
    return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  }

  #group(name: string): object | undefined {
    const versions = this.#all().get(name);
    return versions === undefined || name === '' ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(name, versions) };
  }

  #resourceList(group: string, version: string): object | undefined {
    const found = this.#all()
      .get(group)
      ?.find((candidate) => candidate.version === version);
    if (found === undefined || found.elsewhere !== undefined) return undefined;
    const resources = found.resources.flatMap(apiResourcesOf).sort((a, b) => (a.name < b.name ? -1 : 1));
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(found), resources };
  }

  #aggregated(path: string, version: string): object {
    const items = [...this.#all()].filter(([group]) => (group === '') === (path === '/api'));
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: items.map(([group, versions]) => ({
        metadata: { name: group, creationTimestamp: null },
        versions: versions.map((item) => ({
          version: item.version,
          resources: item.elsewhere?.resources ?? item.resources.map((served) => aggregatedResource(served)),
          freshness: item.elsewhere?.freshness ?? 'Current',
        })),
      })),
    };
  }

  /** Groups and their versions, best first. */
  #all(): Map<string, Version[]> {
    if (this.#groups !== undefined) return this.#groups;
    const groups = new Map<string, Version[]>();
    for (const served of this.#registry.allServed()) {
      let versions = groups.get(served.group);
      if (versions === undefined) groups.set(served.group, (versions = []));
      let version = versions.find((item) => item.version === served.version);
      if (version === undefined) versions.push((version = { group: served.group, version: served.version, resources: [] }));
      version.resources.push(served);
    }
    for (const elsewhere of this.#elsewhere?.versions() ?? []) {
      const { group, version } = elsewhere;
      const others = (groups.get(group) ?? []).filter((item) => item.version !== version);
      groups.set(group, [...others, { group, version, resources: [], elsewhere }]);
    }
    for (const versions of groups.values()) versions.sort((a, b) => this.#byVersion(a, b));
    return (this.#groups = new Map([...groups].sort(([a], [b]) => this.#byGroup(a, b))));
  }

  #byVersion(a: Version, b: Version): number {
    const priority = (item: Version): number => this.#elsewhere?.versionPriority(item.group, item.version) ?? 0;
    return priority(b) - priority(a) || compareVersions(a.version, b.version);
  }

  #byGroup(a: string, b: string): number {
    const priority = (group: string): number => this.#elsewhere?.groupPriority(group) ?? 0;
    return priority(b) - priority(a) || compareGroups(a, b);
  }
}

function groupOf(name: string, versions: readonly Version[]): object {
  const list = versions.map((version) => ({ groupVersion: apiVersionOf(version), version: version.version }));
  return { name, versions: list, preferredVersion: list[0] };
}

function aggregatedResource(served: ServedResource): object {
  const [main, ...subresources] = apiResourcesOf(served) as [ApiResource, ...ApiResource[]];
  return {
    resource: main.name,
    responseKind: responseKind(main, served),
    scope: main.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: main.singularName,
    verbs: main.verbs,
    shortNames: main.shortNames,
    categories: main.categories,
    subresources: subresources.map((subresource) => ({
      subresource: subresource.name.slice(subresource.name.indexOf('/') + 1),
      responseKind: responseKind(subresource, served),
      verbs: subresource.verbs,
    })),
  };
}

function responseKind(resource: ApiResource, served: ServedResource): object {
  return { group: resource.group ?? served.group, version: resource.version ?? served.version, kind: resource.kind };
}
