#!/usr/bin/env node
/**
 * Measures Skiff and prints it beside upstream's figures. `npm run bench -- --help` says how. The load comes from processes
 * of its own; the clusters are those of the real program, in folders that are gone afterwards.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { build, stopAll } from './bench-cluster.ts';
import { FIGURES, GROWTH } from './figures.ts';
import { type Figures, growth, type Measurement, MEASUREMENTS } from './measurements.ts';
import { rowsOf, textTable } from './table.ts';

const HELP = `npm run bench -- [options]

  --only NAME   one group: ${Object.keys(MEASUREMENTS).join(', ')} (may be given several times)
  --runs N      how often to repeat; medians are printed (default: 3)
  --growth      also how costs grow from 1,000 to 100,000 objects (minutes)
  --json        print data instead of a table

Upstream's figures are those of kube-apiserver 1.20, etcd 3.4, kube-scheduler and kubelet on an idle machine with two cores.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    runs: { type: 'string', default: '3' },
    growth: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

function chosen(): [string, Measurement][] {
  const all: [string, Measurement][] = Object.entries(MEASUREMENTS);
  if (values.growth) all.push(['growth', growth]);
  if (values.only === undefined) return all;
  const unknown = values.only.find((name) => !all.some(([known]) => known === name));
  if (unknown !== undefined) throw new Error(`there is no group ${unknown}; there are ${all.map(([name]) => name).join(', ')}`);
  return all.filter(([name]) => values.only?.includes(name));
}

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(HELP);
  const groups = chosen();
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs must be a whole number above 0');
  build();
  const measured: Figures = {};
  for (const [name, measure] of groups) {
    process.stderr.write(`measuring ${name} …\n`);
    Object.assign(measured, await measure({ runs }));
  }
  const rows = rowsOf([...FIGURES, ...GROWTH], measured);
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}, Node.js ${process.version}`;
  process.stdout.write(
    values.json ? `${JSON.stringify({ machine, runs, rows }, null, 2)}\n` : `\n${textTable(rows)}\n\n${machine}; medians of ${runs}\n`,
  );
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => void stopAll().finally(() => process.exit(code)));
try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await stopAll();
}
