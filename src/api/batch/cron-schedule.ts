/** The instants that a schedule in Cron format names, as sets of allowed values. Sunday is 0. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly daysOfWeek: ReadonlySet<number>;
  /** Both day fields restrict: a day matches when either does. */
  readonly eitherDay: boolean;
  /** For `@every 90s`: the schedule is this interval, and the sets are empty. */
  readonly everySeconds?: number;
}

interface Field {
  minimum: number;
  maximum: number;
  names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MINUTES: Field = { minimum: 0, maximum: 59 };
const HOURS: Field = { minimum: 0, maximum: 23 };
const DAYS: Field = { minimum: 1, maximum: 31 };
const MONTH: Field = { minimum: 1, maximum: 12, names: MONTHS };
const WEEKDAY: Field = { minimum: 0, maximum: 6, names: WEEKDAYS };

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Reads a schedule: five fields, a descriptor such as `@daily`, or `@every 1h30m`. Throws an Error that says what is wrong. */
export function parseCronSchedule(text: string): CronSchedule {
  if (text === '') throw new Error('empty spec string');
  if (text.startsWith('@every ')) return every(text.slice('@every '.length), text);
  const spec = text.startsWith('@') ? DESCRIPTORS[text] : text;
  if (spec === undefined) throw new Error(`unrecognized descriptor: ${text}`);
  const fields = spec.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minutes = '', hours = '', daysOfMonth = '', months = '', daysOfWeek = ''] = fields;
  return {
    minutes: parseField(minutes, MINUTES),
    hours: parseField(hours, HOURS),
    daysOfMonth: parseField(daysOfMonth, DAYS),
    months: parseField(months, MONTH),
    daysOfWeek: parseField(daysOfWeek, WEEKDAY),
    eitherDay: !isStar(daysOfMonth) && !isStar(daysOfWeek),
  };
}

const isStar = (field: string): boolean => field.split(',').some((part) => /^[*?](\/|$)/.test(part));

const UNIT_SECONDS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };

function every(duration: string, text: string): CronSchedule {
  const none = new Set<number>();
  if (!/^(\d+(\.\d+)?[hms])+$/.test(duration)) throw new Error(`failed to parse duration ${text}: time: invalid duration "${duration}"`);
  let seconds = 0;
  for (const [, amount = '0', , unit = 's'] of duration.matchAll(/(\d+(\.\d+)?)([hms])/g)) {
    seconds += Number(amount) * (UNIT_SECONDS[unit] ?? 1);
  }
  const everySeconds = Math.max(1, Math.floor(seconds));
  return { minutes: none, hours: none, daysOfMonth: none, months: none, daysOfWeek: none, eitherDay: false, everySeconds };
}

function parseField(text: string, field: Field): Set<number> {
  const values = new Set<number>();
  for (const part of text.split(',').filter((piece) => piece !== '')) addRange(part, field, values);
  return values;
}

function addRange(text: string, field: Field, values: Set<number>): void {
  const [range = '', stepText, ...moreSteps] = text.split('/');
  const [lowText = '', highText, ...moreBounds] = range.split('-');
  const star = lowText === '*' || lowText === '?';
  if (!star && moreBounds.length > 0) throw new Error(`too many hyphens: ${text}`);
  if (moreSteps.length > 0) throw new Error(`too many slashes: ${text}`);
  const step = stepText === undefined ? 1 : parseNumber(stepText);
  const low = star ? field.minimum : parseValue(lowText, field);
  const open = star || (highText === undefined && stepText !== undefined);
  const high = open ? field.maximum : highText === undefined ? low : parseValue(highText, field);
  if (low < field.minimum) throw new Error(`beginning of range (${low}) below minimum (${field.minimum}): ${text}`);
  if (high > field.maximum) throw new Error(`end of range (${high}) above maximum (${field.maximum}): ${text}`);
  if (low > high) throw new Error(`beginning of range (${low}) beyond end of range (${high}): ${text}`);
  if (step === 0) throw new Error(`step of range should be a positive number: ${text}`);
  for (let value = low; value <= high; value += step) values.add(value);
}

function parseValue(text: string, { names, minimum }: Field): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  return named >= 0 ? named + minimum : parseNumber(text);
}

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (value < 0) throw new Error(`negative number (${value}) not allowed: ${text}`);
  return value;
}
