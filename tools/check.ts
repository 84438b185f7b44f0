#!/usr/bin/env node
// Everything that tells whether a change is sound, side by side; prints only what failed.
import { spawn } from 'node:child_process';

const STEPS: readonly [name: string, command: string][] = [
  ['types', 'npm run --silent types'],
  ['lint', 'npm run --silent lint'],
  ['format', 'npm run --silent format'],
  ['boundaries', 'npm run --silent boundaries'],
  ['unused', 'npm run --silent unused'],
  ['unit tests', 'vitest run --project unit --reporter agent'],
];

function run(command: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

const generated = await run('npm run --silent generate');
if (generated.code !== 0) {
  process.stdout.write(generated.output);
  process.exit(1);
}
const results = await Promise.all(
  STEPS.map(async ([name, command]) => {
    const start = performance.now();
    const { code, output } = await run(command);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    process.stdout.write(`${code === 0 ? '✓' : '✗'} ${name} ${seconds}s\n`);
    return { name, code, output };
  }),
);
for (const { name, code, output } of results) if (code !== 0) process.stdout.write(`\n── ${name}\n${output}\n`);
process.exit(results.some(({ code }) => code !== 0) ? 1 : 0);
