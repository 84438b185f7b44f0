import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { HttpListener } from './http-listener.ts';

/** Upstream's names for what administrators watch of a proxy. */
export class ProxyMetrics {
  readonly #registry = new Registry();
  readonly #full = this.#histogram('kubeproxy_sync_full_proxy_rules_duration_seconds', 'Time taken by full syncs');
  readonly #partial = this.#histogram('kubeproxy_sync_partial_proxy_rules_duration_seconds', 'Time taken by syncs of what has changed');
  readonly #all = this.#histogram('kubeproxy_sync_proxy_rules_duration_seconds', 'Time taken by syncs');
  readonly #lastSync = this.#gauge('kubeproxy_sync_proxy_rules_last_timestamp_seconds', 'When the last sync succeeded');
  readonly #lastQueued = this.#gauge('kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds', 'When the last change arrived');
  readonly #endpoints = this.#gauge('kubeproxy_sync_proxy_rules_endpoints', 'Endpoints that rules are written for');
  readonly #failures = new Counter({
    name: 'kubeproxy_sync_proxy_rules_iptables_restore_failures_total',
    help: 'Syncs that failed',
    registers: [this.#registry],
  });

  queued(): void {
    this.#lastQueued.setToCurrentTime();
  }

  synced(seconds: number, { full, endpoints }: { full: boolean; endpoints: number }): void {
    this.#all.observe(seconds);
    (full ? this.#full : this.#partial).observe(seconds);
    this.#endpoints.set(endpoints);
    this.#lastSync.setToCurrentTime();
  }

  failed(): void {
    this.#failures.inc();
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({
      name,
      help,
      buckets: [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096],
      registers: [this.#registry],
    });
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.#registry] });
  }
}

/** Serves `/metrics`, `/proxyMode` and `/healthz` at `host:port`. Throws when the address is taken. */
export function serveMetrics(address: string, metrics: ProxyMetrics): Promise<HttpListener> {
  return HttpListener.open(address, ({ url = '/' }, response) => {
    const path = url.split('?', 1)[0];
    const text = path === '/proxyMode' ? 'iptables' : path === '/healthz' ? 'ok' : undefined;
    if (text !== undefined) response.end(text);
    else if (path !== '/metrics') response.writeHead(404).end();
    else void metrics.text().then((page) => response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8').end(page));
  });
}
