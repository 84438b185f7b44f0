import { execFile } from 'node:child_process';
import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifyAfterCrash, writeAndKill } from './crash.ts';

const run = promisify(execFile);
const ROUNDS = 50;

describe('nothing that was acknowledged is lost', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'skiff-etcd-crash-'));
  });

  afterEach(() => rm(dir, { recursive: true }));

  test(`when the process is killed while 32 clients write, ${ROUNDS} times`, { timeout: 300_000 }, async () => {
    let revision = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const crashed = await writeAndKill({ dir, round: `r${round}`, acknowledgements: 50 + ((round * 173) % 1500) });
      expect(crashed.opened).toBeGreaterThanOrEqual(revision);
      revision = await verifyAfterCrash(dir, crashed);
    }
  });

  test('when the file ends in a page that was only half written', async () => {
    const crashed = await writeAndKill({ dir, round: 'r', acknowledgements: 300 });
    await appendFile(join(dir, 'data.mdb'), Buffer.alloc(5000, 0xa5));
    await verifyAfterCrash(dir, crashed);
    const again = await writeAndKill({ dir, round: 's', acknowledgements: 300 });
    expect(await verifyAfterCrash(dir, again)).toBeGreaterThan(again.opened);
  });

  test('when the disk is full: the store says so and takes no more', async () => {
    const small = join(dir, 'small');
    await run('mkdir', [small]);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', small]);
    try {
      const full = await writeAndKill({ dir: join(small, 'etcd'), round: 'r', acknowledgements: Infinity });
      expect(full.failure).toMatch(/the disk failed, no more writes are accepted/);
      expect(full.acknowledged.length).toBeGreaterThan(100);
      await cp(join(small, 'etcd'), join(dir, 'copy'), { recursive: true });
      await verifyAfterCrash(join(dir, 'copy'), full);
    } finally {
      await run('umount', [small]);
    }
  });
});
