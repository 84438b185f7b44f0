import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG, listClusters, loadConfig, saveConfig, type ClusterConfig } from './config.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';

const config = (name: string): ClusterConfig => ({
  ...DEFAULT_CONFIG,
  nodePorts: [30000, 32767],
  name,
  host: '127.0.0.1',
  nodeAddress: '192.0.2.1',
  nodeName: 'node',
});

describe("a cluster's configuration", () => {
  let base: string;
  let paths: ClusterPaths;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'config-'));
    paths = clusterPaths(join(base, 'one'));
    mkdirSync(paths.dir);
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it('is read as it was written', async () => {
    await saveConfig(paths, config('one'));
    expect(await loadConfig(paths)).toEqual(config('one'));
  });

  it('is absent in an empty folder, and in one that a broken-off first start left', async () => {
    expect(await loadConfig(paths)).toBeUndefined();
    mkdirSync(paths.pki);
    writeFileSync(`${paths.config}.new`, '{');
    expect(await loadConfig(paths)).toBeUndefined();
  });

  it("is refused in somebody else's folder", async () => {
    writeFileSync(join(paths.dir, 'thesis.tex'), '');
    await expect(loadConfig(paths)).rejects.toThrow(/holds thesis\.tex, which is not Skiff's/);
  });

  it('is refused when it is damaged or of another format, with what to do', async () => {
    writeFileSync(paths.config, '{"format":1,"na');
    await expect(loadConfig(paths)).rejects.toMatchObject({ message: /is damaged/, remedy: /restore it from a backup/ });
    writeFileSync(paths.config, JSON.stringify({ ...config('one'), format: 99 }));
    await expect(loadConfig(paths)).rejects.toMatchObject({ message: /another version of Skiff \(format 99/, remedy: /skiff delete one/ });
  });

  it('lists the clusters of a folder by name, and leaves damaged ones out', async () => {
    await saveConfig(paths, config('one'));
    await saveConfig(clusterPaths(join(base, 'alpha')), config('alpha'));
    mkdirSync(join(base, 'zzz'));
    writeFileSync(join(base, 'zzz', 'cluster.json'), 'x');
    expect((await listClusters(base)).map(({ config: { name } }) => name)).toEqual(['alpha', 'one']);
    expect(await listClusters(join(base, 'nowhere'))).toEqual([]);
  });
});
