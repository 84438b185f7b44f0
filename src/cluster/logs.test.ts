import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followLogs } from './logs.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';

describe('logs', () => {
  let paths: ClusterPaths;
  let lines: string[];
  let onLine: () => void;
  const out = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(...chunk.toString().trimEnd().split('\n'));
      onLine();
      done();
    },
  });
  beforeEach(() => {
    paths = clusterPaths(mkdtempSync(join(tmpdir(), 'logs-')));
    mkdirSync(paths.logs);
    lines = [];
    onLine = () => undefined;
  });
  afterEach(() => rmSync(paths.dir, { recursive: true }));

  it('shows the last lines, and whose they are when there are several', async () => {
    writeFileSync(paths.log('control-plane'), 'one\ntwo\nthree\n');
    writeFileSync(paths.log('agent'), 'a\n');
    const { signal } = new AbortController();
    await followLogs(paths, ['control-plane'], { follow: false, lines: 2, signal }, out);
    expect(lines).toEqual(['two', 'three']);
    lines = [];
    await followLogs(paths, ['control-plane', 'agent'], { follow: false, lines: 1, signal }, out);
    expect(lines.toSorted()).toEqual(['[agent] a', '[control-plane] three']);
  });

  it('shows what is written later, in whole lines, until it is told to stop', async () => {
    const file = paths.log('agent');
    writeFileSync(file, 'old\n');
    const stop = new AbortController();
    const seen = (line: string): Promise<void> =>
      new Promise((resolve) => {
        onLine = () => {
          if (lines.includes(line)) resolve();
        };
      });
    const first = seen('old');
    const following = followLogs(paths, ['agent'], { follow: true, lines: undefined, signal: stop.signal }, out);
    await first;
    const second = seen('half and half');
    appendFileSync(file, 'half and ');
    appendFileSync(file, 'half\n');
    await second;
    stop.abort();
    await following;
    expect(lines).toEqual(['old', 'half and half']);
  });
});
