import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareWithModel } from './compare-with-model.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

test('behaves like the model in 100,000 random operations', { timeout: 300_000 }, async () => {
  for (let part = 0; part < 10; part++) {
    const dir = await mkdtemp(join(tmpdir(), 'skiff-etcd-model-'));
    await expect(compareWithModel({ dir, operations: 10_000, seed: SEED + part })).resolves.toBeUndefined();
    await rm(dir, { recursive: true });
  }
});
