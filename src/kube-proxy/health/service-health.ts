import type { Service } from '#api/generated/core-v1.ts';
import type { EndpointSlice } from '#api/generated/discovery-v1.ts';
import { healthCheckNodePortOf } from '../services/index.ts';
import { HttpListener } from './http-listener.ts';

interface Check {
  port: number;
  namespace: string;
  name: string;
  localEndpoints: number;
  listener: Promise<HttpListener | undefined>;
}

export interface ServiceHealthOptions {
  nodeName: string;
  isProxyHealthy(): boolean;
  log(message: string, error?: unknown): void;
}

/**
 * Answers on the health check node ports of Services whose external traffic stays on the node: 200 while the node has an
 * endpoint, else 503, so that load balancers leave it out.
 */
export class ServiceHealth {
  readonly #options: ServiceHealthOptions;
  readonly #checks = new Map<string, Check>();
  /** A port may go from one Service to another. */
  #closing: Promise<void> = Promise.resolve();

  constructor(options: ServiceHealthOptions) {
    this.#options = options;
  }

  /** The Service's present state; undefined: it is gone. */
  set(key: string, service: Service | undefined, slices: Iterable<EndpointSlice>): void {
    const port = service ? healthCheckNodePortOf(service) : 0;
    const check = this.#checks.get(key);
    if (check && check.port !== port) this.#close(key, check);
    if (!service || port === 0) return;
    const localEndpoints = countLocalEndpoints(slices, this.#options.nodeName);
    const open = this.#checks.get(key);
    if (open) open.localEndpoints = localEndpoints;
    else this.#open(key, { port, namespace: service.metadata.namespace ?? '', name: service.metadata.name, localEndpoints });
  }

  /** The ports answered on now. */
  get ports(): number[] {
    return [...this.#checks.values()].map(({ port }) => port);
  }

  async close(): Promise<void> {
    for (const [key, check] of this.#checks) this.#close(key, check);
    await this.#closing;
  }

  #open(key: string, about: Omit<Check, 'listener'>): void {
    const listener = this.#closing
      .then(() => this.#listen(key, about))
      .catch((error: unknown) => {
        this.#options.log(`cannot answer health checks of Service ${key} on port ${about.port}`, error);
        // The Service's next change is the next attempt.
        this.#checks.delete(key);
        return undefined;
      });
    this.#checks.set(key, { ...about, listener });
  }

  #listen(key: string, { port }: Omit<Check, 'listener'>): Promise<HttpListener> {
    return HttpListener.open(`:${port}`, (_request, response) => {
      const { namespace = '', name = '', localEndpoints = 0 } = this.#checks.get(key) ?? {};
      const serviceProxyHealthy = this.#options.isProxyHealthy();
      const headers = {
        'Content-Type': 'application/json',
        'X-Content-Type-Options': 'nosniff',
        'X-Load-Balancing-Endpoint-Weight': String(localEndpoints),
      };
      response.writeHead(localEndpoints > 0 && serviceProxyHealthy ? 200 : 503, headers);
      response.end(JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy }));
    });
  }

  #close(key: string, { listener }: Check): void {
    this.#checks.delete(key);
    const before = this.#closing;
    this.#closing = (async () => {
      await before;
      await (await listener)?.close();
    })();
  }
}

/** Ready endpoints on the node, each pod once whatever its ports. */
function countLocalEndpoints(slices: Iterable<EndpointSlice>, nodeName: string): number {
  const addresses = new Set<string>();
  for (const slice of slices) {
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.nodeName === nodeName && (endpoint.conditions?.ready ?? true) && endpoint.addresses[0])
        addresses.add(endpoint.addresses[0]);
    }
  }
  return addresses.size;
}
