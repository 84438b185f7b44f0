/** Why a request was sent away. */
export type Rejection = 'concurrency-limit' | 'queue-full' | 'time-out' | 'cancelled';

/** Upper ends of the classes of waiting times, in seconds. */
const WAITS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];

/** How long requests waited in queues, in seconds. */
class Waits {
  readonly counts = WAITS.map(() => 0);
  count = 0;
  sum = 0;

  add(seconds: number): void {
    this.count++;
    this.sum += seconds;
    for (let i = WAITS.length - 1; i >= 0 && seconds <= (WAITS[i] as number); i--) (this.counts[i] as number)++;
  }
}

/** What is counted of one flow schema at one level. Plain numbers: every request passes here. */
export class SchemaFigures {
  readonly labels: string;
  dispatched = 0;
  executing = 0;
  executingSeats = 0;
  queued = 0;
  queuedSeats = 0;
  readonly rejected = new Map<Rejection, number>();
  readonly waited = new Waits();
  readonly waitedInVain = new Waits();

  constructor(schema: string, level: string) {
    this.labels = `priority_level="${level}",flow_schema="${schema}"`;
  }

  begin(width: number): void {
    this.dispatched++;
    this.executing++;
    this.executingSeats += width;
  }

  end(width: number): void {
    this.executing--;
    this.executingSeats -= width;
  }

  queue(width: number): void {
    this.queued++;
    this.queuedSeats += width;
  }

  unqueue(width: number): void {
    this.queued--;
    this.queuedSeats -= width;
  }

  reject(reason: Rejection): void {
    this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + 1);
  }
}

/** A level as its figures tell. */
export interface LevelFigures {
  name: string;
  seats: { limits: { nominal: number; lower: number; upper: number }; current: number };
}

const PREFIX = 'apiserver_flowcontrol';

/** The lines that Prometheus reads. */
export function* flowControlMetrics(schemas: readonly SchemaFigures[], levels: readonly LevelFigures[]): Iterable<string> {
  const bySchema: [string, string, string, (figures: SchemaFigures) => number][] = [
    ['dispatched_requests_total', 'counter', 'Requests that were let in.', ({ dispatched }) => dispatched],
    ['current_executing_requests', 'gauge', 'Requests that are being served now.', ({ executing }) => executing],
    ['current_executing_seats', 'gauge', 'Seats of the requests that are being served now.', ({ executingSeats }) => executingSeats],
    ['current_inqueue_requests', 'gauge', 'Requests that wait now.', ({ queued }) => queued],
    ['current_inqueue_seats', 'gauge', 'Seats of the requests that wait now.', ({ queuedSeats }) => queuedSeats],
  ];
  for (const [name, type, help, value] of bySchema) {
    yield* head(name, type, help);
    for (const figures of schemas) yield `${PREFIX}_${name}{${figures.labels}} ${value(figures)}`;
  }
  yield* head('rejected_requests_total', 'counter', 'Requests that were sent away, by reason.');
  for (const { labels, rejected } of schemas)
    for (const [reason, count] of rejected) yield `${PREFIX}_rejected_requests_total{${labels},reason="${reason}"} ${count}`;
  yield* head('request_wait_duration_seconds', 'histogram', 'Time that requests waited, in seconds.');
  for (const figures of schemas) {
    // Who was let in at once waited for no time.
    yield* waits(`${figures.labels},execute="true"`, figures.waited, figures.dispatched - figures.waited.count);
    yield* waits(`${figures.labels},execute="false"`, figures.waitedInVain, 0);
  }
  const byLevel: [string, string, (level: LevelFigures) => number][] = [
    ['nominal_limit_seats', 'Seats that the level has by its share.', ({ seats }) => seats.limits.nominal],
    ['lower_limit_seats', 'Seats of the level that others cannot borrow.', ({ seats }) => seats.limits.lower],
    ['upper_limit_seats', 'Seats that the level may have with what it borrows.', ({ seats }) => seats.limits.upper],
    ['current_limit_seats', 'Seats that the level could have now.', ({ seats }) => seats.current],
  ];
  for (const [name, help, value] of byLevel) {
    yield* head(name, 'gauge', help);
    for (const level of levels) yield `${PREFIX}_${name}{priority_level="${level.name}"} ${value(level)}`;
  }
}

function* waits(labels: string, { counts, count, sum }: Waits, atOnce: number): Iterable<string> {
  if (count + atOnce === 0) return;
  const name = `${PREFIX}_request_wait_duration_seconds`;
  for (const [i, le] of WAITS.entries()) yield `${name}_bucket{${labels},le="${le}"} ${(counts[i] as number) + atOnce}`;
  yield `${name}_bucket{${labels},le="+Inf"} ${count + atOnce}`;
  yield `${name}_sum{${labels}} ${sum}`;
  yield `${name}_count{${labels}} ${count + atOnce}`;
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${PREFIX}_${name} ${help}`, `# TYPE ${PREFIX}_${name} ${type}`];
}
