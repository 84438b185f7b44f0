import type { Duplex } from 'node:stream';
import type { APIService } from '#api/generated/apiregistration-v1.ts';
import { serviceUnavailable, StatusError } from '#apimachinery';
import type { Client } from '#client';
import type { AggregatedVersion, DiscoveredElsewhere } from '../discovery/index.ts';
import type { Exchange, UpgradeExchange } from '../http/pipeline.ts';
import { respond } from '../http/respond.ts';
import type { ApiServerPki } from '../options.ts';
import type { Registry } from '../registry/index.ts';
import type { RequestInfo } from '../types.ts';
import { SERVICE_READS, serviceResolver } from '../webhooks/index.ts';
import { ApiServices } from './api-services.ts';
import { publishAuthentication } from './authentication-config-map.ts';
import { registerServed } from './auto-register.ts';
import { availableOf } from './availability.ts';
import { AvailabilityLoop } from './availability-loop.ts';
import { builtInPriority, CUSTOM } from './priorities.ts';
import { proxyRequest, proxyUpgrade } from './proxy.ts';
import { RemoteServers } from './remote-server.ts';

export interface AggregationOptions {
  registry: Registry;
  pki: ApiServerPki;
  log(message: string, error?: unknown): void;
  /** Aborts when the server stops. */
  signal: AbortSignal;
}

/** What must be in memory before requests come: what other servers serve is theirs from the first one on. */
export const AGGREGATION_READS: readonly { group: string; resource: string }[] = [
  { group: 'apiregistration.k8s.io', resource: 'apiservices' },
  ...SERVICE_READS,
];

/** Beside the aggregator's own group nothing ranks so high but the core. */
const OWN_PRIORITY = 17900;

/** The API servers behind this one: their requests are passed on, their discovery is shown as if it were ours. */
export class Aggregation implements DiscoveredElsewhere {
  readonly #options: AggregationOptions;
  readonly #services: ApiServices;
  readonly #servers: RemoteServers;
  readonly #onChange = new Set<() => void>();
  #loop: AvailabilityLoop | undefined;

  constructor(options: AggregationOptions) {
    this.#options = options;
    const { registry, pki, signal } = options;
    this.#services = new ApiServices(registry.reader);
    this.#servers = new RemoteServers(serviceResolver(registry.reader), pki.proxyClient);
    this.#services.onChange(() => this.#changed());
    signal.addEventListener('abort', () => this.#servers.close(), { once: true });
  }

  /** Registers what this server serves, and watches over the others. `client` acts for the server itself. */
  start(client: Client): void {
    const { registry, pki, log, signal } = this.#options;
    const report = (error: unknown): void => {
      if (!signal.aborted) log('an APIService could not be kept up to date', error);
    };
    this.#loop = new AvailabilityLoop({
      services: this.#services,
      servers: this.#servers,
      reader: registry.reader,
      client,
      onDiscovered: () => this.#changed(),
      report,
      signal,
    });
    // One after the other: each looks at what the one before has written.
    let last = publishAuthentication(client, pki).catch(report);
    const register = (): void => {
      last = last.then(() => (signal.aborted ? undefined : registerServed(registry, this.#services, client))).catch(report);
    };
    register();
    registry.onChange(register);
    this.#loop.wake();
  }

  /** The APIService of another server that this request is for; undefined for what is served here. */
  find(info: RequestInfo): APIService | undefined {
    const remote = this.#services.remote();
    if (remote.size === 0) return undefined;
    return remote.get(info.isResource ? `${info.group}/${info.version}` : groupVersionIn(info.path));
  }

  /** Passes the request on. Answers 503, without a Status, while the other server cannot be reached: that is what clients expect. */
  async serve(exchange: Exchange, service: APIService): Promise<void> {
    try {
      if (!isAvailable(service)) throw serviceUnavailable('service unavailable');
      await proxyRequest(exchange, service, this.#servers);
    } catch (error) {
      const { response } = exchange;
      if (!(error instanceof StatusError) || response.headersSent) throw error;
      await respond(exchange, 503, Buffer.from(`${error.message}\n`), 'text/plain; charset=utf-8');
    }
  }

  /** The same for a request to switch protocols. Throws 503. */
  async upgrade(exchange: UpgradeExchange, socket: Duplex, head: Buffer, service: APIService): Promise<void> {
    if (!isAvailable(service)) throw serviceUnavailable('service unavailable');
    await proxyUpgrade(exchange, socket, head, service, this.#servers);
  }

  onChange(callback: () => void): void {
    this.#onChange.add(callback);
  }

  versions(): AggregatedVersion[] {
    return [...this.#services.remote()].map(([key, service]) => ({
      group: service.spec.group ?? '',
      version: service.spec.version ?? '',
      resources: this.#loop?.apiOf(key)?.resources ?? [],
      freshness: isAvailable(service) ? 'Current' : 'Stale',
    }));
  }

  groupPriority(group: string): number {
    if (group === 'apiregistration.k8s.io') return OWN_PRIORITY;
    return this.#services.groupPriority(group) ?? (this.#isCustom(group) ? CUSTOM : builtInPriority(group, '')).groupPriorityMinimum;
  }

  versionPriority(group: string, version: string): number {
    const known = this.#services.get(`${version}.${group}`)?.spec.versionPriority;
    return known ?? (this.#isCustom(group) ? CUSTOM : builtInPriority(group, version)).versionPriority;
  }

  /** Where the OpenAPI documents of the other servers are, by the path of the group-version. */
  openApiPaths(): Record<string, { serverRelativeURL: string }> {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const key of this.#services.remote().keys()) {
      const serverRelativeURL = this.#loop?.apiOf(key)?.openApi;
      if (serverRelativeURL !== undefined) paths[`apis/${key}`] = { serverRelativeURL };
    }
    return paths;
  }

  #isCustom(group: string): boolean {
    for (const { definition } of this.#options.registry.resources()) if (definition.group === group) return definition.custom === true;
    return false;
  }

  #changed(): void {
    for (const callback of this.#onChange) callback();
  }
}

/** `group/version` of `/apis/<group>/<version>` and of its OpenAPI document. */
function groupVersionIn(path: string): string {
  const match = /^(?:\/openapi\/v3)?\/apis\/([^/]+)\/([^/]+)\/?$/.exec(path);
  return match === null ? '' : `${match[1]}/${match[2]}`;
}

function isAvailable(service: APIService): boolean {
  return availableOf(service)?.status === 'True';
}
