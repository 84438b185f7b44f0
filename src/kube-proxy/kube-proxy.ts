import { delay } from '#client';
import { FamilyProxy } from './family-proxy.ts';
import { ProxyHealth, ProxyMetrics, serveHealth, serveMetrics, ServiceHealth, type HttpListener } from './health/index.ts';
import { detectBackend } from './iptables/index.ts';
import { familyOf, type KubeProxyOptions } from './options.ts';
import { runCommand } from './run-command.ts';
import { ServiceWorld } from './service-world.ts';
import { SyncRunner } from './sync-runner.ts';
import { ensureSysctls, isTcpLiberal, kernelSysctls } from './sysctls.ts';

/** A proxy at work. */
export interface KubeProxy {
  /** Where `/healthz` is served; undefined when it is not. */
  readonly healthPort: number | undefined;
  readonly metricsPort: number | undefined;
  /** Ends the proxy. Its rules stay, so that Services go on working while it is restarted. */
  stop(): Promise<void>;
}

/** Full syncs repair what nobody noticed. */
const FULL_SYNC_MS = 3_600_000;

/**
 * Keeps this node's tables as the cluster's Services and endpoints say, until `signal` aborts or `stop`. Resolves after the
 * first successful sync. Throws when iptables is missing, an address cannot be listened on, or `signal` aborts before that.
 */
export async function startKubeProxy(options: KubeProxyOptions): Promise<KubeProxy> {
  const proxy = new NodeProxy(options);
  try {
    await proxy.start();
  } catch (error) {
    await proxy.stop();
    throw error;
  }
  return proxy;
}

class NodeProxy implements KubeProxy {
  readonly #options: KubeProxyOptions;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #world: ServiceWorld;
  readonly #health: ProxyHealth;
  readonly #serviceHealth: ServiceHealth;
  readonly #metrics = new ProxyMetrics();
  readonly #runner: SyncRunner;
  readonly #firstSync = Promise.withResolvers<void>();
  #families: FamilyProxy[] = [];
  #healthServer: HttpListener | undefined;
  #metricsServer: HttpListener | undefined;
  #changedHealth = new Set<string>();
  #watching: Promise<unknown> = Promise.resolve();

  constructor(options: KubeProxyOptions) {
    const { client, nodeName, log, minSyncPeriod = 1000 } = options;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#world = new ServiceWorld({ client, nodeName, signal: this.#signal, log });
    this.#health = new ProxyHealth(() => this.#world.isNodeEligible);
    this.#serviceHealth = new ServiceHealth({ nodeName, log, isProxyHealthy: () => this.#health.isHealthy });
    const onError = (error: unknown): void => {
      this.#metrics.failed();
      log('writing the rules of Services failed, trying again', error);
    };
    this.#runner = new SyncRunner({ sync: () => this.#sync(), minPeriod: minSyncPeriod, onError });
  }

  get healthPort(): number | undefined {
    return this.#healthServer?.port;
  }

  get metricsPort(): number | undefined {
    return this.#metricsServer?.port;
  }

  async start(): Promise<void> {
    const { healthAddress, metricsAddress } = this.#options;
    if (healthAddress) this.#healthServer = await serveHealth(healthAddress, this.#health);
    if (metricsAddress) this.#metricsServer = await serveMetrics(metricsAddress, this.#metrics);
    await Promise.all([this.#prepare(), this.#world.synced()]);
    this.#signal.throwIfAborted();
    this.#world.follow({ onService: (key) => this.#changed(key), onNode: () => this.#everythingChanged() });
    this.#everythingChanged();
    await Promise.race([this.#firstSync.promise, aborted(this.#signal)]);
    this.#watching = Promise.all([this.#watchTables(), this.#resyncRarely()]);
    // An abort from outside ends it as `stop` does.
    this.#signal.addEventListener('abort', () => void this.stop(), { once: true });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#runner.stop();
    await this.#watching;
    await Promise.all([this.#healthServer?.close(), this.#metricsServer?.close(), this.#serviceHealth.close()]);
  }

  async #prepare(): Promise<void> {
    const { clusterCidr, localhostNodePorts = true, log, sysctls = kernelSysctls, runCommand: run = runCommand } = this.#options;
    const [backend] = await Promise.all([detectBackend(run), ensureSysctls(sysctls, localhostNodePorts, log)]);
    const tcpLiberal = await isTcpLiberal(sysctls);
    const ranges = clusterCidr.split(',').map((range) => range.trim());
    this.#families = ranges.map(
      (range) =>
        new FamilyProxy({ proxy: this.#options, world: this.#world, family: familyOf(range), backend, clusterCidr: range, tcpLiberal }),
    );
  }

  #changed(service: string): void {
    for (const family of this.#families) family.touch(service);
    this.#changedHealth.add(service);
    this.#request();
  }

  #everythingChanged(): void {
    for (const family of this.#families) family.touchAll();
    this.#request();
  }

  #request(): void {
    this.#health.changed();
    this.#metrics.queued();
    this.#runner.request();
  }

  async #sync(): Promise<void> {
    const began = Date.now();
    for (const family of this.#families) {
      const started = performance.now();
      const { full } = await family.sync();
      this.#metrics.synced((performance.now() - started) / 1000, { full, endpoints: family.book.endpointCount });
    }
    for (const key of this.#changedHealth) this.#serviceHealth.set(key, this.#world.service(key), this.#world.slices(key));
    this.#changedHealth.clear();
    this.#health.updated(began);
    this.#firstSync.resolve();
  }

  async #watchTables(): Promise<void> {
    const { syncPeriod = 30_000, log } = this.#options;
    for (;;) {
      await delay(syncPeriod, this.#signal);
      if (this.#signal.aborted) return;
      try {
        for (const family of this.#families) {
          if (await family.isInPlace()) continue;
          log('the rules of Services have been taken away, writing them again');
          this.#everythingChanged();
        }
      } catch (error) {
        log('cannot look at the rules of Services', error);
      }
    }
  }

  async #resyncRarely(): Promise<void> {
    while (!this.#signal.aborted) {
      await delay(FULL_SYNC_MS, this.#signal);
      if (!this.#signal.aborted) this.#everythingChanged();
    }
  }
}

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason as Error);
  else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  return promise;
}
