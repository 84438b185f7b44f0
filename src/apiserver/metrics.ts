import { collectDefaultMetrics, Registry as MetricsRegistry } from 'prom-client';
import type { RequestInfo } from './types.ts';

/** Upper ends of the classes of durations, in seconds. */
const BUCKETS = [0.005, 0.025, 0.1, 0.5, 1, 5, 30];

/** What is known of the requests of one verb on one resource. Plain numbers: every request passes here. */
class Figures {
  readonly labels: string;
  readonly #isLong: boolean;
  readonly #codes = new Map<number, number>();
  readonly #buckets = BUCKETS.map(() => 0);
  #count = 0;
  #sum = 0;

  constructor({ verb, group, version, resource, subresource }: RequestInfo) {
    this.labels = labelText({ verb: verb.toUpperCase(), group, version, resource, subresource });
    this.#isLong = verb === 'watch' || verb === 'connect';
  }

  add(code: number, seconds: number): void {
    this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    if (this.#isLong) return;
    this.#count++;
    this.#sum += seconds;
    for (let i = BUCKETS.length - 1; i >= 0 && seconds <= (BUCKETS[i] as number); i--) (this.#buckets[i] as number)++;
  }

  *totals(name: string): Iterable<string> {
    for (const [code, count] of this.#codes) yield `${name}{${this.labels},code="${code}"} ${count}`;
  }

  *durations(name: string): Iterable<string> {
    if (this.#count === 0) return;
    for (const [i, le] of BUCKETS.entries()) yield `${name}_bucket{${this.labels},le="${le}"} ${this.#buckets[i]}`;
    yield `${name}_bucket{${this.labels},le="+Inf"} ${this.#count}`;
    yield `${name}_sum{${this.labels}} ${this.#sum}`;
    yield `${name}_count{${this.labels}} ${this.#count}`;
  }
}

/** The API server's own figures, under the names that dashboards know. */
export class ApiServerMetrics {
  readonly #isServed: (info: RequestInfo) => boolean;
  readonly #figures = new Map<string, Figures>();
  readonly #sources: (() => Iterable<string>)[] = [];
  #reading = 0;
  #writing = 0;
  #defaults: MetricsRegistry | undefined;

  /** `isServed`: whether the resource of a request exists. What does not exist gets no figures of its own: names are endless. */
  constructor(isServed: (info: RequestInfo) => boolean) {
    this.#isServed = isServed;
  }

  /** Adds lines that another part of the server has to tell. */
  add(source: () => Iterable<string>): void {
    this.#sources.push(source);
  }

  /** Call at the begin of a request, and what it returns at the end. */
  observe(info: RequestInfo): (code: number) => void {
    const started = performance.now();
    const isReading = info.verb === 'get' || info.verb === 'list' || info.verb === 'watch';
    if (isReading) this.#reading++;
    else this.#writing++;
    return (code) => {
      if (isReading) this.#reading--;
      else this.#writing--;
      this.#of(info).add(code, (performance.now() - started) / 1000);
    };
  }

  /** The text form that Prometheus reads. */
  async text(): Promise<{ body: string; contentType: string }> {
    // Figures of the process cost time while nobody looks; they begin with the first look.
    if (this.#defaults === undefined) collectDefaultMetrics({ register: (this.#defaults = new MetricsRegistry()) });
    const lines = [...this.#lines()];
    return { body: `${lines.join('\n')}\n${await this.#defaults.metrics()}`, contentType: this.#defaults.contentType };
  }

  #of(info: RequestInfo): Figures {
    const about = info.isResource && this.#isServed(info) ? info : { ...info, group: '', version: '', resource: '', subresource: '' };
    const key = `${about.verb}/${about.group}/${about.version}/${about.resource}/${about.subresource}`;
    let figures = this.#figures.get(key);
    if (figures === undefined) this.#figures.set(key, (figures = new Figures(about)));
    return figures;
  }

  *#lines(): Iterable<string> {
    yield* head('apiserver_request_total', 'counter', 'Requests answered, by verb, resource and HTTP code.');
    for (const figures of this.#figures.values()) yield* figures.totals('apiserver_request_total');
    yield* head('apiserver_request_duration_seconds', 'histogram', 'Time from a request to its answer, in seconds, but for watches.');
    for (const figures of this.#figures.values()) yield* figures.durations('apiserver_request_duration_seconds');
    yield* head('apiserver_current_inflight_requests', 'gauge', 'Requests that are being served now.');
    yield `apiserver_current_inflight_requests{request_kind="readOnly"} ${this.#reading}`;
    yield `apiserver_current_inflight_requests{request_kind="mutating"} ${this.#writing}`;
    for (const source of this.#sources) yield* source();
  }
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function labelText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))}"`)
    .join(',');
}
