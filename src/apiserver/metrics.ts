import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry as MetricsRegistry } from 'prom-client';
import type { RequestInfo } from './types.ts';

/** The API server's own figures, under the names that dashboards know. */
export class ApiServerMetrics {
  readonly #registry = new MetricsRegistry();
  readonly #requests: Counter<'verb' | 'group' | 'version' | 'resource' | 'subresource' | 'code'>;
  readonly #durations: Histogram<'verb' | 'group' | 'version' | 'resource' | 'subresource'>;
  readonly #inFlight: Gauge<'request_kind'>;
  #defaults = false;

  constructor() {
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'apiserver_request_total',
      help: 'Requests answered, by verb, resource and HTTP code.',
      labelNames: ['verb', 'group', 'version', 'resource', 'subresource', 'code'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'apiserver_request_duration_seconds',
      help: 'Time from a request to its answer, in seconds, but for watches.',
      labelNames: ['verb', 'group', 'version', 'resource', 'subresource'],
      buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 30],
      registers,
    });
    this.#inFlight = new Gauge({
      name: 'apiserver_current_inflight_requests',
      help: 'Requests that are being served now.',
      labelNames: ['request_kind'],
      registers,
    });
  }

  /** Call at the begin of a request, and what it returns at the end. */
  observe(info: RequestInfo): (code: number) => void {
    const started = performance.now();
    const kind = { request_kind: isMutating(info.verb) ? 'mutating' : 'readOnly' };
    this.#inFlight.inc(kind);
    return (code) => {
      this.#inFlight.dec(kind);
      const { verb, group, version, resource, subresource } = info;
      const labels = { verb: verb.toUpperCase(), group, version, resource, subresource };
      this.#requests.inc({ ...labels, code });
      if (verb !== 'watch' && verb !== 'connect') this.#durations.observe(labels, (performance.now() - started) / 1000);
    };
  }

  /** The text form that Prometheus reads. */
  async text(): Promise<{ body: string; contentType: string }> {
    // Figures of the process cost time while nobody looks; they begin with the first look.
    if (!this.#defaults) collectDefaultMetrics({ register: this.#registry });
    this.#defaults = true;
    return { body: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }
}

function isMutating(verb: string): boolean {
  return verb !== 'get' && verb !== 'list' && verb !== 'watch';
}
