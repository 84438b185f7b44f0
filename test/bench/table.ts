import type { Figure } from './figures.ts';
import type { Figures } from './measurements.ts';

export interface Row {
  id: string;
  title: string;
  unit: string;
  skiff: number;
  upstream?: number;
  /** How many times better than upstream. */
  ratio?: number;
  target?: number;
  reached?: boolean;
}

export function rowsOf(figures: readonly Figure[], measured: Figures): Row[] {
  return figures.filter(({ id }) => measured[id] !== undefined).map((figure) => rowOf(figure, measured[figure.id] as number));
}

function rowOf({ id, title, unit, isRate, upstream, target }: Figure, skiff: number): Row {
  const ratio = upstream === undefined ? undefined : isRate ? skiff / upstream : upstream / skiff;
  const reached = target === undefined ? undefined : isRate ? skiff >= target : skiff <= target;
  return { id, title, unit, skiff, upstream, ratio, target, reached };
}

/** The table that a person reads. */
export function textTable(rows: readonly Row[]): string {
  const lines = [
    ['', 'Skiff', 'upstream', 'ratio', 'to reach', ''],
    ...rows.map(({ title, unit, skiff, upstream, ratio, target, reached }) => [
      title,
      withUnit(skiff, unit),
      withUnit(upstream, unit),
      ratio === undefined ? '' : `${ratio.toFixed(1)}×`,
      withUnit(target, unit),
      reached === undefined ? '' : reached ? 'reached' : 'missed',
    ]),
  ];
  const widths = (lines[0] as string[]).map((_, column) => Math.max(...lines.map((line) => (line[column] as string).length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 || column === 5 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function withUnit(value: number | undefined, unit: string): string {
  if (value === undefined) return '';
  const number = value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
  return unit.startsWith('/') ? number + unit : `${number} ${unit}`;
}
