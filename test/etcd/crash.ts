import { deepStrictEqual, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openEtcd } from '#etcd';

export interface Acknowledged {
  revision: number;
  key: string;
  bytes: number;
}

export interface CrashRun {
  acknowledged: Acknowledged[];
  /** The revision that the writer found when it opened the store. */
  opened: number;
  /** Why it stopped by itself, if it did. */
  failure: string | undefined;
}

/** Lets a process write until `acknowledgements` writes have been acknowledged, and kills it (-9) then. */
export async function writeAndKill(options: { dir: string; round: string; acknowledgements: number }): Promise<CrashRun> {
  const script = fileURLToPath(new URL('./crash-writer.ts', import.meta.url));
  const child = spawn(process.execPath, [script, options.dir, options.round], { stdio: ['ignore', 'pipe', 'inherit'] });
  const run: CrashRun = { acknowledged: [], opened: 0, failure: undefined };
  let rest = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(run, line);
    if (run.acknowledged.length >= options.acknowledgements) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return run;
}

function take(run: CrashRun, line: string): void {
  const [first = '', key = '', bytes] = line.split(' ');
  if (first === 'open') run.opened = Number(key);
  else if (first === 'failed') run.failure = line.slice('failed '.length);
  else run.acknowledged.push({ revision: Number(first), key, bytes: Number(bytes) });
}

/** Opens what a killed writer left, and throws unless every acknowledged write is there and a watch tells of all of them. */
export async function verifyAfterCrash(dir: string, { acknowledged }: CrashRun): Promise<number> {
  const etcd = await openEtcd({ dir, retentionMs: 0 });
  try {
    const newest = new Map<string, Acknowledged>();
    for (const write of acknowledged) if ((newest.get(write.key)?.revision ?? 0) < write.revision) newest.set(write.key, write);
    for (const { revision, key, bytes } of newest.values()) {
      const kv = etcd.get(key);
      ok(kv !== undefined && kv.modRevision >= revision, `${key} of revision ${revision} is lost`);
      if (kv.modRevision === revision) deepStrictEqual(kv.value.length, bytes);
    }
    ok(etcd.revision >= Math.max(0, ...acknowledged.map(({ revision }) => revision)), 'a revision went back');
    await verifyWatch(etcd, acknowledged);
    return etcd.revision;
  } finally {
    await etcd.close();
  }
}

async function verifyWatch(etcd: Awaited<ReturnType<typeof openEtcd>>, acknowledged: readonly Acknowledged[]): Promise<void> {
  const from = etcd.compactRevision + 1;
  const seen = new Set<string>();
  const watcher = etcd.watch(
    { key: '\0', rangeEnd: '\0', startRevision: from },
    { onEvents: (events) => events.forEach(({ modRevision, key }) => void seen.add(`${modRevision} ${key}`)) },
  );
  while (!watcher.synced) await new Promise(setImmediate);
  watcher.close();
  for (const { revision, key } of acknowledged) {
    if (revision >= from) ok(seen.has(`${revision} ${key}`), `the watch missed ${key} at ${revision}`);
  }
}
