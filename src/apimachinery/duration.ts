const UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration in Go's notation: `1h30m`, `-1.5s`, `250ms`, `0`. Throws an Error in Go's words. */
export function parseDuration(text: string): number {
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0;
  if (body === '') throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  let total = 0;
  const part = /(\d+\.?\d*|\.\d+)([^\d.]*)/y;
  while (part.lastIndex < body.length) {
    const match = part.exec(body);
    if (match === null) throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
    const [, amount = '', unit = ''] = match;
    if (unit === '') throw new Error(`time: missing unit in duration ${JSON.stringify(text)}`);
    const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (factor === undefined) throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    total += Number(amount) * factor;
  }
  return text.startsWith('-') ? -total : total;
}

/** A duration as Go prints it: `1h30m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  if (milliseconds < 1e-3) return `${Math.round(milliseconds * 1e6)}ns`;
  if (milliseconds < 1) return `${trimmed(milliseconds * 1000, 3)}µs`;
  if (milliseconds < 1000) return `${trimmed(milliseconds, 6)}ms`;
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor(milliseconds / 60_000) % 60;
  const seconds = `${trimmed((milliseconds % 60_000) / 1000, 9)}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
