const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MACROS: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const DAY_MS = 86_400_000;
/** No schedule that ever comes is farther away: 29 February on a given weekday comes within 40 years. */
const HORIZON_DAYS = 366 * 41;

interface Field {
  values: ReadonlySet<number>;
  /** `*` or `?`: says nothing about the day. */
  isStar: boolean;
}

/** A cron schedule: five fields, or `@hourly` and the like. */
export class Schedule {
  readonly #minutes: readonly number[];
  readonly #hours: readonly number[];
  readonly #days: Field;
  readonly #months: ReadonlySet<number>;
  readonly #weekdays: Field;

  /** @throws Error for text that is no schedule. */
  constructor(text: string) {
    const fields = (MACROS[text.trim()] ?? text).trim().split(/\s+/);
    if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
    const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
    this.#minutes = ascending(parseField(minute, 0, 59));
    this.#hours = ascending(parseField(hour, 0, 23));
    this.#days = parseField(day, 1, 31);
    this.#months = parseField(month, 1, 12, MONTHS, 1).values;
    this.#weekdays = parseField(weekday, 0, 6, DAYS, 0);
  }

  /** The first time after `after` (milliseconds) by the clocks of `timeZone`; undefined when there is none. */
  next(after: number, timeZone: string): number | undefined {
    const offset = offsetAt(after, timeZone);
    const firstDay = Math.floor((after + offset) / DAY_MS);
    for (let day = firstDay - 1; day < firstDay + HORIZON_DAYS; day++) {
      if (!this.#matchesDay(new Date(day * DAY_MS))) continue;
      const found = this.#firstOfDay(day * DAY_MS, after, timeZone);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #firstOfDay(midnight: number, after: number, timeZone: string): number | undefined {
    for (const hour of this.#hours) {
      for (const minute of this.#minutes) {
        const time = instantOf(midnight + hour * 3_600_000 + minute * 60_000, timeZone);
        if (time !== undefined && time > after) return time;
      }
    }
    return undefined;
  }

  /** With both a day of the month and a weekday given, either will do. */
  #matchesDay(date: Date): boolean {
    if (!this.#months.has(date.getUTCMonth() + 1)) return false;
    const byDay = this.#days.values.has(date.getUTCDate());
    const byWeekday = this.#weekdays.values.has(date.getUTCDay());
    return this.#days.isStar || this.#weekdays.isStar ? byDay && byWeekday : byDay || byWeekday;
  }
}

function ascending({ values }: Field): number[] {
  return [...values].sort((a, b) => a - b);
}

function parseField(text: string, min: number, max: number, names: readonly string[] = [], firstName = 0): Field {
  const values = new Set<number>();
  let isStar = false;
  for (const part of text.split(',')) {
    const [range = '', step, ...more] = part.split('/');
    const everything = range === '*' || range === '?';
    isStar ||= everything && (step === undefined || step === '1');
    const [from = '', to, ...rest] = everything ? [String(min), String(max)] : range.split('-');
    const number = (name: string): number => toNumber(name, names, firstName);
    const start = number(from);
    const end = to === undefined ? (step === undefined ? start : max) : number(to);
    const every = step === undefined ? 1 : Number(step);
    if (more.length + rest.length > 0 || !(start >= min && end <= max && start <= end) || !(Number.isInteger(every) && every > 0)) {
      throw new Error(`"${part}" is no part of a schedule: expected ${min} to ${max}`);
    }
    for (let value = start; value <= end; value += every) values.add(value);
  }
  return { values, isStar };
}

function toNumber(text: string, names: readonly string[], first: number): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + first;
  return /^\d+$/.test(text) ? Number(text) : NaN;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    const numeric = 'numeric' as const;
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** By how much the zone's clocks are ahead of UTC at an instant (milliseconds). */
export function offsetAt(instant: number, timeZone: string): number {
  if (timeZone === 'UTC' || timeZone === 'Etc/UTC') return 0;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatFor(timeZone).formatToParts(instant)) parts[type] = Number(value);
  const wall = Date.UTC(parts['year']!, parts['month']! - 1, parts['day'], parts['hour'], parts['minute'], parts['second']);
  return wall - Math.floor(instant / 1000) * 1000;
}

/** The instant at which the zone's clocks show this; undefined when they skip it. */
function instantOf(wall: number, timeZone: string): number | undefined {
  let instant = wall - offsetAt(wall, timeZone);
  instant = wall - offsetAt(instant, timeZone);
  return instant + offsetAt(instant, timeZone) === wall ? instant : undefined;
}
