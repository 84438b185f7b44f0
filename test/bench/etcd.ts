/**
 * Bench of the embedded etcd against upstream's `etcd`, side by side: the same client, mTLS, one member, each server a
 * process of its own; and the embedded one within this process. They take turns, in short slices whose median counts, so
 * that what else the machine does meets all of them. `node test/bench/etcd.ts [seconds per slice]`
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

const SECONDS = Number(process.argv[2] ?? 0.7);
/** Slices of each measurement. */
const TURNS = 5;
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

/** Who is measured: the connections to it. */
interface Contender {
  name: string;
  targets: readonly Target[];
}

let slices = 0;

/** Operations a second in one slice. */
async function slice(targets: readonly Target[], clients: number, operation: Operation): Promise<number> {
  const own = ++slices * 1_000_000;
  let done = 0;
  const start = performance.now();
  const end = start + SECONDS * 1000;
  const loop = async (client: number) => {
    const target = targets[Math.floor(client / SHARING) % targets.length] as Target;
    for (let count = 0; performance.now() < end; count++) {
      await operation(target, client, own + count);
      done++;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => loop(client)));
  return (done * 1000) / (performance.now() - start);
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** Measures all in turn and says how they compare with the last, which is upstream's. */
async function compare(title: string, names: readonly string[], measure: (index: number) => Promise<number>): Promise<void> {
  const rates: number[][] = names.map(() => []);
  for (let turn = 0; turn < TURNS; turn++) for (const [index, list] of rates.entries()) list.push(await measure(index));
  const medians = rates.map(median);
  const upstream = medians.at(-1) as number;
  const columns = names.map(
    (name, index) => `${name} ${Math.round(medians[index] as number)}/s (${((medians[index] as number) / upstream).toFixed(2)})`,
  );
  console.log(`  ${title}: ${columns.join(', ')}`);
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

async function benchAll(certificates: TestCertificates): Promise<void> {
  const servers = [await startOurs(certificates), await startTheirs(certificates)];
  const open = (endpoint: string) =>
    Promise.all(Array.from({ length: 8 }, () => connectEtcd({ endpoints: [endpoint], tls: certificates.client })));
  const clients = await Promise.all(servers.map(({ endpoint }) => open(endpoint)));
  const dir = mkdtempSync(join(tmpdir(), 'skiff-bench-'));
  const etcd = await openEtcd({ dir, retentionMs: 0, quotaBytes: 0 });
  const contenders: Contender[] = [
    { name: 'in process', targets: [{ txn: (request) => etcd.txn(request), range: async (request) => etcd.range(request) }] },
    ...servers.map(({ name }, index) => ({ name, targets: clients[index] as EtcdClient[] })),
  ];
  console.log(`operations a second, and in brackets how many times upstream's over its own gRPC`);
  try {
    for (const { targets } of contenders) await seed(targets[0] as Target, 0, 500, '/seed/');
    for (const [name, operation] of Object.entries(OPERATIONS))
      for (const count of CLIENTS)
        await compare(
          `${name}, ${count} clients`,
          contenders.map((contender) => contender.name),
          (index) => slice((contenders[index] as Contender).targets, count, operation),
        );
    let round = 0;
    for (const watchers of CLIENTS)
      await compare(
        `events to ${watchers} watchers`,
        servers.map(({ name }) => name),
        (index) => watchFanOut((clients[index] as EtcdClient[])[0] as EtcdClient, watchers, round++),
      );
  } finally {
    for (const client of clients.flat()) client.close();
    for (const server of servers) await server.stop();
    await etcd.close();
    rmSync(dir, { recursive: true });
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

async function benchStart(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'skiff-bench-'));
  const options = { dir, retentionMs: 0, quotaBytes: 0 };
  let etcd = await openEtcd(options);
  await seed({ txn: (request) => etcd.txn(request), range: async (request) => etcd.range(request) }, 0, 100_000, '/size/');
  await etcd.close();
  const start = performance.now();
  etcd = await openEtcd(options);
  const { count } = etcd.range({ key: '\0', rangeEnd: '\0', countOnly: true });
  console.log(`in this process: open with ${count} keys ${Math.round(performance.now() - start)} ms`);
  await etcd.close();
  rmSync(dir, { recursive: true });
}

const certificates = await makeCertificates();
try {
  await benchAll(certificates);
  await benchStart();
  await benchSize(await startOurs(certificates), certificates);
  await benchSize(await startTheirs(certificates), certificates);
} finally {
  await certificates.dispose();
}
