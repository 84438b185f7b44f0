import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { FOREVER, nodeCluster, readyPod, scriptPod } from '../node-cluster.ts';
import { skiff } from '../skiff.ts';

const node = nodeCluster();

/** Whether a process of this machine has the text in its command line. */
async function runs(marker: string): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const lines = await Promise.all(pids.map(async (pid) => await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.some((line) => line.startsWith('sh\0') && line.includes(marker));
}

test('a restored cluster has the pods of its snapshot again, and no container of a pod that came later', async () => {
  const { cluster, k } = node();
  const marker = (name: string) => `marker-${name}-${process.pid}`;
  const pod = (name: string) => scriptPod(name, `: ${marker(name)}; ${FOREVER}`);
  await readyPod(k, pod('stays'));
  await readyPod(k, pod('comes-back'));
  const { uid } = JSON.parse(await k.do('get pod stays -o jsonpath={.metadata}')) as { uid: string };
  const file = join(cluster.home, 'saved.tar.gz');
  await skiff(cluster, ['snapshot', 'save', file, '--name', cluster.name, '--data-dir', cluster.dataDir]);

  await k.do('delete pod comes-back');
  await readyPod(k, pod('stray'));
  expect([await runs(marker('stays')), await runs(marker('comes-back')), await runs(marker('stray'))]).toEqual([true, false, true]);

  await skiff(cluster, ['snapshot', 'restore', file, '--data-dir', cluster.dataDir, '--no-merge', '--replace'], { timeoutMs: 200_000 });
  await k.do('wait --for=condition=Ready pod/stays pod/comes-back --timeout=60s', { timeoutMs: 70_000 });
  await eventually('the container of the pod that comes back', () => runs(marker('comes-back')));
  await eventually('the end of the stray container', async () => !(await runs(marker('stray'))));
  expect(await k.do('get pods -o jsonpath={.items[*].metadata.name}')).toBe('comes-back stays');
  expect(await k.do('get pod stays -o jsonpath={.metadata.uid}')).toBe(uid);
  expect(await k.do('get pod stays -o jsonpath={.status.containerStatuses[0].restartCount}')).toBe('0');
});
