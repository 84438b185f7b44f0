import { parseCronSchedule, type CronSchedule } from '#api';

const DAY_MS = 86_400_000;
/** No schedule that ever comes is farther away: 29 February on a given weekday comes within 40 years. */
const HORIZON_DAYS = 366 * 41;

/** When a cron schedule comes: five fields, or `@hourly`, `@every 90s` and the like. */
export class Schedule {
  readonly #fields: CronSchedule;
  readonly #minutes: readonly number[];
  readonly #hours: readonly number[];

  /** @throws Error for text that is no schedule. */
  constructor(text: string) {
    this.#fields = parseCronSchedule(text.trim());
    this.#minutes = ascending(this.#fields.minutes);
    this.#hours = ascending(this.#fields.hours);
  }

  /** The first time after `after` (milliseconds) by the clocks of `timeZone`; undefined when there is none. */
  next(after: number, timeZone: string): number | undefined {
    const { everySeconds } = this.#fields;
    if (everySeconds !== undefined) return Math.floor(after / 1000) * 1000 + everySeconds * 1000;
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

  #matchesDay(date: Date): boolean {
    const { months, daysOfMonth, daysOfWeek, eitherDay } = this.#fields;
    if (!months.has(date.getUTCMonth() + 1)) return false;
    const byDay = daysOfMonth.has(date.getUTCDate());
    const byWeekday = daysOfWeek.has(date.getUTCDay());
    return eitherDay ? byDay || byWeekday : byDay && byWeekday;
  }
}

function ascending(values: ReadonlySet<number>): number[] {
  return [...values].toSorted((a, b) => a - b);
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
