/**
 * Bench of the embedded etcd against upstream's `etcd`, side by side: the same client, mTLS, one member, each server a
 * process of its own; and the embedded one within this process. `node test/bench/etcd.ts [seconds per measurement]`
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectEtcd, type EtcdClient, openEtcd, type TxnRequest } from '#etcd';
import { makeCertificates, type TestCertificates } from '../etcd/certificates.ts';
import { startRealEtcd } from '../etcd/real-etcd.ts';

const SECONDS = Number(process.argv[2] ?? 2);
const VALUE = Buffer.alloc(1024, 'v');
const CLIENTS = [1, 32, 256];
const WATCH_EVENTS = 300;
/** Loops that share one connection. */
const SHARING = 32;

type Target = Pick<EtcdClient, 'range' | 'txn'>;
type Operation = (target: Target, client: number, count: number) => Promise<unknown>;

const putRequest = (key: string, compare: TxnRequest['compare'] = []): TxnRequest => ({
  compare,
  success: [{ type: 'put', key, value: VALUE }],
  failure: [],
});

const OPERATIONS: Record<string, Operation> = {
  put: (target, client, count) => target.txn(putRequest(`/put/${client}/${count}`)),
  txn: (target, client, count) => {
    const key = `/txn/${client}/${count}`;
    return target.txn(putRequest(key, [{ key, target: 'mod', result: 'equal', value: 0 }]));
  },
  range: (target, client, count) => target.range({ key: `/seed/${(client * 7919 + count) % 500}` }),
  'range of 500': (target) => target.range({ key: '/seed/', rangeEnd: '/seed0' }),
};

interface Measured {
  perSecond: number;
  p50: number;
  p99: number;
}

async function measure(targets: readonly Target[], clients: number, operation: Operation): Promise<Measured> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + SECONDS * 1000;
  const loop = async (client: number) => {
    const target = targets[Math.floor(client / SHARING) % targets.length] as Target;
    for (let count = 0; ; count++) {
      const began = performance.now();
      if (began >= end) return;
      await operation(target, client, count);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => loop(client)));
  const elapsed = performance.now() - start;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  return { perSecond: Math.round((times.length * 1000) / elapsed), p50: at(0.5), p99: at(0.99) };
}

async function watchFanOut(client: EtcdClient, watchers: number, round: number): Promise<number> {
  const prefix = `/watched/${round}/`;
  const stop = new AbortController();
  let seen = 0;
  let all = () => {};
  const done = new Promise<void>((resolve) => (all = resolve));
  const { revision } = await client.range({ key: '/none' });
  const onEvents = (events: readonly unknown[]) => {
    seen += events.length;
    if (seen === watchers * WATCH_EVENTS) all();
  };
  const handlers = { onEvents, onProgress: () => {} };
  const watches = Array.from({ length: watchers }, () =>
    client.watch({ key: prefix, rangeEnd: prefix.replace(/\/$/, '0') }, revision, handlers, stop.signal),
  );
  const start = performance.now();
  const write = (count: number) => client.txn(putRequest(`${prefix}${count}`));
  await Promise.all(Array.from({ length: WATCH_EVENTS }, (_, count) => write(count)));
  await done;
  const elapsed = performance.now() - start;
  stop.abort();
  await Promise.all(watches);
  return Math.round((watchers * WATCH_EVENTS * 1000) / elapsed);
}

const residentMb = (child: ChildProcess) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
const diskMb = (dir: string) => Number(execFileSync('du', ['-sk', dir], { encoding: 'latin1' }).split('\t')[0]) / 1024;

interface Running {
  name: string;
  endpoint: string;
  dir: string;
  child(): ChildProcess;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function startOurs(certificates: TestCertificates): Promise<Running> {
  const dir = mkdtempSync(join(tmpdir(), 'skiff-bench-'));
  const script = fileURLToPath(new URL('./etcd-server.ts', import.meta.url));
  const { ca, cert, key } = certificates.files;
  const launch = async () => {
    const child = spawn(process.execPath, [script, dir, ca, cert, key], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, port: Number(String(port)) };
  };
  let server = await launch();
  const end = async () => {
    const exit = once(server.child, 'exit');
    server.child.kill('SIGTERM');
    await exit;
  };
  return {
    name: 'embedded',
    dir,
    get endpoint() {
      return `https://127.0.0.1:${server.port}`;
    },
    child: () => server.child,
    restart: async () => {
      await end();
      const start = performance.now();
      server = await launch();
      console.log(`  process start with its data: ${Math.round(performance.now() - start)} ms`);
    },
    stop: async () => {
      await end();
      rmSync(dir, { recursive: true });
    },
  };
}

async function startTheirs(certificates: TestCertificates): Promise<Running> {
  const [member] = await startRealEtcd(certificates);
  if (member === undefined) throw new Error('no member');
  return {
    name: "upstream's",
    dir: member.dir,
    endpoint: member.endpoint,
    child: () => member.process,
    restart: async () => {
      await member.kill();
      const start = performance.now();
      await member.restart();
      const client = await connectEtcd({ endpoints: [member.endpoint], tls: certificates.client });
      await until(() => client.range({ key: '/none' }));
      client.close();
      console.log(`  process start with its data: ${Math.round(performance.now() - start)} ms`);
    },
    stop: () => member.dispose(),
  };
}

async function until(attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const worked = await attempt().then(
      () => true,
      () => false,
    );
    if (worked) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function seed(target: Target, from: number, to: number, prefix: string): Promise<void> {
  let next = from;
  const loop = async () => {
    while (next < to) await target.txn(putRequest(`${prefix}${next++}`));
  };
  await Promise.all(Array.from({ length: 128 }, loop));
}

function report(operation: string, clients: number, { perSecond, p50, p99 }: Measured): void {
  console.log(`  ${operation}, ${clients} clients: ${perSecond}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
}

async function measureAll(targets: readonly Target[]): Promise<void> {
  await seed(targets[0] as Target, 0, 500, '/seed/');
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    for (const clients of CLIENTS) report(name, clients, await measure(targets, clients, operation));
  }
}

async function benchServer(running: Running, certificates: TestCertificates): Promise<void> {
  console.log(`${running.name}, over gRPC with mTLS`);
  const open = () => connectEtcd({ endpoints: [running.endpoint], tls: certificates.client });
  const clients = await Promise.all(Array.from({ length: 8 }, open));
  try {
    await measureAll(clients);
    for (const watchers of CLIENTS) {
      const rate = await watchFanOut(clients[0] as EtcdClient, watchers, watchers);
      console.log(`  watch, ${watchers} watchers × ${WATCH_EVENTS} events: ${rate} events/s`);
    }
  } finally {
    for (const client of clients) client.close();
    await running.stop();
  }
}

async function benchSize(running: Running, certificates: TestCertificates): Promise<void> {
  console.log(`${running.name}, size with keys of ${VALUE.length} bytes`);
  const client = await connectEtcd({ endpoints: [running.endpoint], tls: certificates.client });
  try {
    let from = 0;
    for (const keys of [10_000, 100_000]) {
      await seed(client, from, keys, '/size/');
      from = keys;
      const size = `${Math.round(residentMb(running.child()))} MB memory, ${Math.round(diskMb(running.dir))} MB disk`;
      console.log(`  ${keys} keys: ${size}`);
    }
    await running.restart();
    console.log(`  after the restart: ${Math.round(residentMb(running.child()))} MB memory`);
  } finally {
    client.close();
    await running.stop();
  }
}

async function benchInProcess(): Promise<void> {
  console.log('embedded, in this process');
  const dir = mkdtempSync(join(tmpdir(), 'skiff-bench-'));
  const options = { dir, retentionMs: 0, quotaBytes: 0 };
  let etcd = await openEtcd(options);
  await measureAll([{ txn: (request) => etcd.txn(request), range: async (request) => etcd.range(request) }]);
  await seed({ txn: (request) => etcd.txn(request), range: async (request) => etcd.range(request) }, 0, 100_000, '/size/');
  await etcd.close();
  const start = performance.now();
  etcd = await openEtcd(options);
  const { count } = etcd.range({ key: '\0', rangeEnd: '\0', countOnly: true });
  console.log(`  open with ${count} keys: ${Math.round(performance.now() - start)} ms`);
  await etcd.close();
  rmSync(dir, { recursive: true });
}

const certificates = await makeCertificates();
try {
  await benchInProcess();
  await benchServer(await startOurs(certificates), certificates);
  await benchServer(await startTheirs(certificates), certificates);
  await benchSize(await startOurs(certificates), certificates);
  await benchSize(await startTheirs(certificates), certificates);
} finally {
  await certificates.dispose();
}
