import type { FlowSchema, PriorityLevelConfiguration } from '#api/generated/flowcontrol-v1.ts';
import type { Client } from '#client';
import type { ObjectReader } from '../types.ts';
import { tellDangling } from './dangling.ts';
import { ensureDefaults } from './defaults.ts';
import type { FlowControl } from './flow-control.ts';

const GROUP = 'flowcontrol.apiserver.k8s.io';
const SCHEMAS = { group: GROUP, resource: 'flowschemas' };
const LEVELS = { group: GROUP, resource: 'prioritylevelconfigurations' };

/** What flow control reads: its caches must be ready before the first request. */
export const FLOW_CONTROL_READS: readonly { group: string; resource: string }[] = [SCHEMAS, LEVELS];

/** Changes are answered after so many ms, all that came meanwhile at once; so two servers of different minds cannot make each other busy. */
const SETTLE_MS = 1000;
const RETRY_MS = 10_000;

export interface FlowConfigurationOptions {
  flowControl: FlowControl;
  reader: ObjectReader;
  client(): Client;
  log(message: string, error?: unknown): void;
  signal: AbortSignal;
}

/** Keeps flow control at what is stored, and what is stored at what every cluster must have. */
export class FlowConfiguration {
  readonly #options: FlowConfigurationOptions;
  #isReading = false;
  #isWriting = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FlowConfigurationOptions) {
    this.#options = options;
  }

  /** Obeys what is stored from now on. The caches must be ready. */
  follow(): void {
    const { reader, signal } = this.#options;
    const stops = FLOW_CONTROL_READS.map((type) => reader.onChange(type, () => this.#changed()));
    signal.addEventListener('abort', () => {
      clearTimeout(this.#timer);
      for (const stop of stops) stop();
    });
    this.#read();
  }

  /** Resolves when the objects exist that every cluster has; what becomes of them is looked after from then on. */
  async start(): Promise<void> {
    await ensureDefaults(this.#options.client());
    this.#isWriting = true;
    this.#writeIn(SETTLE_MS);
  }

  #changed(): void {
    if (!this.#isReading) {
      this.#isReading = true;
      setImmediate(() => this.#read());
    }
    if (this.#isWriting) this.#writeIn(SETTLE_MS);
  }

  #read(): void {
    this.#isReading = false;
    this.#options.flowControl.configure(this.#schemas(), this.#levels());
  }

  #schemas(): FlowSchema[] {
    return [...this.#options.reader.list(SCHEMAS)] as FlowSchema[];
  }

  #levels(): PriorityLevelConfiguration[] {
    return [...this.#options.reader.list(LEVELS)] as PriorityLevelConfiguration[];
  }

  #writeIn(ms: number): void {
    const { signal } = this.#options;
    if (this.#timer !== undefined || signal.aborted) return;
    this.#timer = setTimeout(() => {
      void this.#write().catch((error: unknown) => {
        if (signal.aborted) return;
        this.#options.log('flow schemas and priority levels could not be brought up to date', error);
        this.#writeIn(RETRY_MS);
      });
    }, ms);
    this.#timer.unref();
  }

  async #write(): Promise<void> {
    this.#timer = undefined;
    const client = this.#options.client();
    await ensureDefaults(client);
    await tellDangling(client, this.#schemas(), new Set(this.#levels().map(({ metadata }) => metadata.name)));
  }
}
