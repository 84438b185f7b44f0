import type { APIService } from '#api/generated/apiregistration-v1.ts';
import { isConflict, isNotFound, timestamp } from '#apimachinery';
import { resources, type Client } from '#client';
import type { ObjectReader } from '../types.ts';
import { SERVICE_READS } from '../webhooks/index.ts';
import type { ApiServices } from './api-services.ts';
import { availableOf, checkDiscovery, checkService, LOCAL } from './availability.ts';
import { discoverRemote, type RemoteApi } from './remote-discovery.ts';
import type { RemoteServers } from './remote-server.ts';
import { isSame, type Verdict } from './verdict.ts';

/** A server that answers is asked again after this long; one that does not, sooner. */
const RECHECK_MS = 30_000;
const FIRST_RETRY_MS = 1000;

export interface AvailabilityOptions {
  services: ApiServices;
  servers: RemoteServers;
  reader: ObjectReader;
  client: Client;
  /** What a server serves has changed. */
  onDiscovered(): void;
  report(error: unknown): void;
  signal: AbortSignal;
}

interface Watched {
  /** What was asked about: another one starts anew. */
  spec: string;
  failures: number;
  timer: NodeJS.Timeout | undefined;
  isChecking: boolean;
  api: RemoteApi | undefined;
}

/** Keeps the `Available` condition of every APIService true to life, and what the available ones serve at hand. */
export class AvailabilityLoop {
  readonly #options: AvailabilityOptions;
  readonly #watched = new Map<string, Watched>();
  #isWoken = false;

  constructor(options: AvailabilityOptions) {
    this.#options = options;
    const { services, reader, signal } = options;
    services.onChange(() => this.wake());
    for (const type of SERVICE_READS) reader.onChange(type, () => services.remote().size > 0 && this.wake());
    signal.addEventListener(
      'abort',
      () => {
        for (const { timer } of this.#watched.values()) clearTimeout(timer);
      },
      { once: true },
    );
  }

  /** What an available server serves under `group/version`; undefined while that is not known. */
  apiOf(groupVersion: string): RemoteApi | undefined {
    return this.#watched.get(groupVersion)?.api;
  }

  /** Looks at all of them, once for however many changes there have been by then. */
  wake(): void {
    if (this.#isWoken || this.#options.signal.aborted) return;
    this.#isWoken = true;
    setImmediate(() => {
      this.#isWoken = false;
      if (!this.#options.signal.aborted) this.#look();
    });
  }

  #look(): void {
    const { services, reader } = this.#options;
    const remote = services.remote();
    for (const [key, watched] of this.#watched) {
      if (remote.has(key)) continue;
      clearTimeout(watched.timer);
      this.#watched.delete(key);
    }
    for (const service of services.all()) {
      if (service.spec.service === undefined) this.#say(service, LOCAL);
      else this.#lookAt(`${service.spec.group}/${service.spec.version}`, service, checkService(service, reader));
    }
  }

  #lookAt(key: string, service: APIService, verdict: Verdict | undefined): void {
    const spec = JSON.stringify(service.spec);
    let watched = this.#watched.get(key);
    if (watched?.spec !== spec) {
      clearTimeout(watched?.timer);
      this.#watched.set(key, (watched = { spec, failures: 0, timer: undefined, isChecking: false, api: undefined }));
    }
    if (verdict !== undefined) {
      clearTimeout(watched.timer);
      watched.timer = undefined;
      this.#say(service, verdict);
    } else if (watched.timer === undefined && !watched.isChecking) void this.#check(key, watched);
  }

  async #check(key: string, watched: Watched): Promise<void> {
    const { services, servers, signal, report } = this.#options;
    const service = services.remote().get(key);
    if (service === undefined) return;
    watched.isChecking = true;
    watched.timer = undefined;
    try {
      const verdict = await checkDiscovery(service, servers, signal);
      if (signal.aborted || this.#watched.get(key) !== watched) return;
      if (verdict.status === 'True') await this.#discover(service, watched);
      watched.failures = verdict.status === 'True' ? 0 : watched.failures + 1;
      this.#say(services.remote().get(key) ?? service, verdict);
    } catch (error) {
      watched.failures++;
      report(error);
    } finally {
      watched.isChecking = false;
      this.#again(key, watched);
    }
  }

  #again(key: string, watched: Watched): void {
    if (this.#options.signal.aborted || this.#watched.get(key) !== watched) return;
    const wait = watched.failures === 0 ? RECHECK_MS : Math.min(RECHECK_MS, FIRST_RETRY_MS * 2 ** (watched.failures - 1));
    watched.timer = setTimeout(() => {
      watched.timer = undefined;
      this.wake();
    }, wait);
    watched.timer.unref();
  }

  async #discover(service: APIService, watched: Watched): Promise<void> {
    const { servers, signal, onDiscovered } = this.#options;
    try {
      const api = await discoverRemote(service, servers, signal);
      if (JSON.stringify(api) === JSON.stringify(watched.api)) return;
      watched.api = api;
    } catch {
      // What it served the last time stays; clients see that it is stale from the condition.
      return;
    }
    onDiscovered();
  }

  /** Writes the condition, if it is news. */
  #say(service: APIService, verdict: Verdict): void {
    const present = availableOf(service);
    if (isSame(present, verdict)) return;
    const lastTransitionTime = present?.status === verdict.status ? present.lastTransitionTime : timestamp();
    const others = (service.status?.conditions ?? []).filter(({ type }) => type !== 'Available');
    const condition = { type: 'Available', lastTransitionTime, ...verdict };
    const { client, report } = this.#options;
    client
      .resource(resources.apiServices)
      .updateStatus({ ...service, status: { ...service.status, conditions: [...others, condition] } })
      .catch((error: unknown) => {
        // Somebody else wrote it meanwhile: that change wakes us.
        if (!isConflict(error) && !isNotFound(error) && !this.#options.signal.aborted) report(error);
      });
  }
}
