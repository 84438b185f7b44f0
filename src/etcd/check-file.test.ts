import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEtcd } from './etcd.ts';

describe('the data file', () => {
  let dir: string;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'etcd-file-'));
    const etcd = await openEtcd({ dir });
    for (let i = 0; i < 50; i++) await etcd.put({ key: `key-${i}`, value: Buffer.alloc(2000, 'x') });
    await etcd.close();
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const file = (): string => join(dir, 'data.mdb');

  it('opens as it was left', async () => {
    const etcd = await openEtcd({ dir });
    expect(etcd.get('key-49')?.value.length).toBe(2000);
    await etcd.close();
  });

  it('is refused when it has been cut off', async () => {
    truncateSync(file(), Math.floor(statSync(file()).size / 2));
    await expect(openEtcd({ dir })).rejects.toThrow(/is damaged: \d+ bytes are left of at least \d+/);
  });

  it('is refused when it is something else', async () => {
    writeFileSync(file(), Buffer.alloc(100_000, 0x5a));
    await expect(openEtcd({ dir })).rejects.toThrow(/its first page is not that of a store/);
  });
});
