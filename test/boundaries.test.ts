import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const FIXTURE = 'test/fixtures/boundaries/src';

interface Report {
  modules: { source: string; dependencies: { module: string; resolved: string }[] }[];
  summary: { violations: { from: string; to: string; rule: { name: string } }[] };
}

/** Runs the rules over a folder. */
function cruise(folder: string): Promise<Report> {
  const program = join(root, 'node_modules/.bin/depcruise');
  const args = [program, folder, '--config', '.dependency-cruiser.cjs', '--output-type', 'json'];
  const env = { ...process.env, SKIFF_BOUNDARIES_ROOT: folder };
  return new Promise((resolve, reject) => {
    // Its exit code counts the violations; there may well be some.
    execFile(process.execPath, args, { cwd: root, env, maxBuffer: 256 * 1024 ** 2 }, (error, stdout) => {
      if (stdout === '') reject(error ?? new Error('dependency-cruiser printed nothing'));
      else resolve(JSON.parse(stdout) as Report);
    });
  });
}

test('each rule catches the file that breaks it', async () => {
  const { summary } = await cruise(FIXTURE);
  const found = summary.violations.map(({ rule, from }) => `${rule.name}: ${from.slice(FIXTURE.length + 1)}`);
  expect(found).toEqual(
    expect.arrayContaining([
      'components-do-not-know-each-other: kubelet/index.ts',
      'only-storage-knows-etcd: scheduler/index.ts',
      'machinery-is-pure: apimachinery/index.ts',
      'api-knows-only-machinery: api/index.ts',
      'client-knows-only-api-and-machinery: client/index.ts',
      'only-cluster-wires: pki/index.ts',
      'through-the-door: dns/index.ts',
      'no-circles: cluster/first.ts',
      'resolvable: streaming/index.ts',
    ]),
  );
});

test('every rule has a file that breaks it', async () => {
  const { default: config } = (await import(join(root, '.dependency-cruiser.cjs'))) as { default: { forbidden: { name: string }[] } };
  const { summary } = await cruise(FIXTURE);
  const broken = new Set(summary.violations.map(({ rule }) => rule.name));
  expect(config.forbidden.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([]);
});

test('the rules see all of src, and where its #names lead', async () => {
  const { modules, summary } = await cruise('src');
  expect(summary.violations).toEqual([]);
  const kubelet = modules.filter(({ source }) => source.startsWith('src/kubelet/'));
  expect(kubelet.length).toBeGreaterThan(20);
  expect(kubelet.flatMap(({ dependencies }) => dependencies)).toContainEqual(
    expect.objectContaining({ module: '#client', resolved: 'src/client/index.ts' }),
  );
});
