import { deepStrictEqual, ok } from 'node:assert/strict';
import type { Answer, RangeRequest, RangeResult, TxnRequest, TxnResult } from '#etcd';
import { Random } from './random.ts';

export interface Target {
  range(request: RangeRequest): Promise<Answer<RangeResult>>;
  txn(request: TxnRequest): Promise<Answer<TxnResult>>;
}

interface Done {
  from: number;
  to: number;
  /** Of the write; of what the read saw. */
  revision: number;
  key: string;
  /** What was written; undefined for a read and for a write whose guard failed. */
  wrote: string | undefined;
  /** What the read, or the guard that failed, found. */
  read: string | undefined;
}

const KEYS = ['/lin/a', '/lin/b', '/lin/c'];

/** Lets clients read and write the same few keys at the same time, and returns what each of them saw, and when. */
export async function history(targets: readonly Target[], options: { clients: number; operations: number; seed: number }): Promise<Done[]> {
  const done: Done[] = [];
  const client = async (number: number) => {
    const random = new Random(options.seed * 1000 + number);
    const target = targets[number % targets.length] as Target;
    let mod = 0;
    for (let count = 0; count < options.operations; count++) {
      const key = random.pick(KEYS);
      const from = performance.now();
      const result = random.chance(50)
        ? await read(target, key)
        : await write(target, key, `${number}.${count}`, random.chance(50) ? mod : undefined);
      mod = result.revision;
      done.push({ from, to: performance.now(), key, ...result });
    }
  };
  await Promise.all(Array.from({ length: options.clients }, (_, number) => client(number)));
  return done;
}

async function read(target: Target, key: string) {
  const { kvs, revision } = await target.range({ key });
  return { revision, wrote: undefined, read: kvs[0]?.value.toString() };
}

async function write(target: Target, key: string, value: string, mod: number | undefined) {
  const { succeeded, revision, responses } = await target.txn({
    compare: mod === undefined ? [] : [{ key, target: 'mod', result: 'equal', value: mod }],
    success: [{ type: 'put', key, value: Buffer.from(value) }],
    failure: [{ type: 'range', key }],
  });
  if (succeeded) return { revision, wrote: value, read: undefined };
  const [found] = responses;
  return { revision, wrote: undefined, read: found?.type === 'range' ? found.kvs[0]?.value.toString() : undefined };
}

/**
 * Revisions say in which order everything happened. Throws unless that order explains what was read, and nothing comes in
 * it before something that was over when it began.
 */
export function checkLinearizable(done: readonly Done[]): void {
  const writes = new Map<string, { revision: number; value: string }[]>(KEYS.map((key) => [key, []]));
  for (const { key, revision, wrote } of done) if (wrote !== undefined) writes.get(key)?.push({ revision, value: wrote });
  const revisions = done.filter(({ wrote }) => wrote !== undefined).map(({ revision }) => revision);
  deepStrictEqual(new Set(revisions).size, revisions.length, 'two writes share a revision');
  for (const list of writes.values()) list.sort((a, b) => a.revision - b.revision);
  for (const { key, revision, wrote, read: seen } of done) {
    if (wrote !== undefined) continue;
    const last = writes.get(key)?.findLast((write) => write.revision <= revision);
    deepStrictEqual(seen, last?.value, `${key} at revision ${revision}`);
  }
  checkRealTime(done);
}

function checkRealTime(done: readonly Done[]): void {
  const byStart = [...done].sort((a, b) => a.from - b.from);
  const byEnd = [...done].sort((a, b) => a.to - b.to);
  let newest = 0;
  let next = 0;
  for (const operation of byStart) {
    for (; (byEnd[next]?.to ?? Infinity) < operation.from; next++) newest = Math.max(newest, byEnd[next]?.revision ?? 0);
    ok(operation.revision >= newest, `revision ${operation.revision} came after ${newest} was known`);
    if (operation.wrote !== undefined) ok(operation.revision > newest, `revision ${newest} was there before it was written`);
  }
}
