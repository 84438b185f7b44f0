#!/usr/bin/env node
/**
 * What a flood of one client does to others: `node test/bench/fairness.ts [--connections 500] [--samples 300] [--write]`.
 * A service account keeps so many requests going; meanwhile a node renews its lease, an administrator and another service
 * account read. Once with priority and fairness and once with limits in flight only. Server and flood are processes of
 * their own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { TestApiServer } from '../apiserver/api-server.ts';
import { Connection, type Target } from './load/connection.ts';
import { quantile } from './statistics.ts';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '500' },
    samples: { type: 'string', default: '300' },
    write: { type: 'boolean', default: false },
    /** What this process is, when it is not the one that measures. */
    role: { type: 'string' },
    fairness: { type: 'boolean', default: false },
    target: { type: 'string' },
  },
});

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1';
const CONFIG_MAP = '/api/v1/namespaces/default/configmaps/c';
const USERS = {
  admin: ['admin', 'system:masters'],
  node: ['system:node:n1', 'system:nodes'],
  flood: ['system:serviceaccount:default:flood', 'system:serviceaccounts'],
  account: ['system:serviceaccount:default:account', 'system:serviceaccounts'],
} as const;
type Targets = Record<keyof typeof USERS, Target>;

/** Serves until its standard input ends; its first line says where. */
async function serve(): Promise<void> {
  await using server = await TestApiServer.start({ requests: { fairness: values.fairness } });
  const file = (name: string, text: string): string => {
    const path = join(server.dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const ca = file('ca.pem', server.pki.ca.certificate);
  const targets: Partial<Targets> = {};
  for (const [name, [user, group]] of Object.entries(USERS) as [keyof typeof USERS, readonly [string, string]][]) {
    const { certificate, key } = await server.user(user, [group]);
    targets[name] = { server: server.url, ca, cert: file(`${name}.crt`, certificate), key: file(`${name}.key`, key) };
  }
  const subjects = [{ kind: 'Group', name: 'system:serviceaccounts' }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
  await server.post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'bench' }, subjects, roleRef });
  await server.post('/api/v1/namespaces/default/configmaps', { metadata: { name: 'c' }, data: { text: 'x'.repeat(1000) } });
  await server.post('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', {
    metadata: { name: 'n1' },
    spec: { holderIdentity: 'n1' },
  });
  process.stdout.write(`${JSON.stringify(targets)}\n`);
  await once(process.stdin.resume(), 'end');
}

/** Floods until its standard input ends, then tells how many requests were answered, by code. */
async function flood(target: Target): Promise<void> {
  const codes: Record<number, number> = {};
  const connections = await Promise.all(Array.from({ length: Number(values.connections) }, () => Connection.open(target)));
  process.stdout.write('ready\n');
  const over = new AbortController();
  const loop = async (connection: Connection): Promise<void> => {
    while (!over.signal.aborted) {
      const body = { metadata: { generateName: 'flood-' } };
      const { status } = values.write
        ? await connection.request('POST', '/api/v1/namespaces/default/configmaps', body)
        : await connection.request('GET', CONFIG_MAP);
      codes[status] = (codes[status] ?? 0) + 1;
    }
  };
  const began = performance.now();
  const loops = connections.map(loop);
  await once(process.stdin.resume(), 'end');
  over.abort();
  await Promise.all(loops);
  for (const connection of connections) connection.close();
  process.stdout.write(`${JSON.stringify({ codes, seconds: (performance.now() - began) / 1000 })}\n`);
}

function child(role: string, ...options: string[]): { process: ChildProcess; line(): Promise<string>; end(): Promise<void> } {
  const started = spawn(process.execPath, [import.meta.filename, '--role', role, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]();
  return {
    process: started,
    line: async () => ((await lines.next()) as IteratorResult<string, string>).value ?? '',
    end: async () => {
      if (started.exitCode !== null) return;
      started.stdin.end();
      await once(started, 'exit');
    },
  };
}

/** How long each of the others' requests took, in ms. */
async function measure(targets: Targets): Promise<Record<string, number[]>> {
  const others: Record<string, [Target, string, string]> = {
    'a node renews its lease': [targets.node, 'PATCH', LEASE],
    'an administrator reads': [targets.admin, 'GET', CONFIG_MAP],
    'another account reads': [targets.account, 'GET', CONFIG_MAP],
  };
  const took: Record<string, number[]> = {};
  for (const [name, [target, method, path]] of Object.entries(others)) {
    const connection = await Connection.open(target);
    const times: number[] = (took[name] = []);
    for (let i = 0; i < Number(values.samples); i++) {
      const renewal = method === 'PATCH' ? { spec: { renewTime: new Date().toISOString().replace('Z', '000Z') } } : undefined;
      const start = performance.now();
      const { status, body: answer } = await connection.request(method, path, renewal, 'application/merge-patch+json');
      if (status !== 200) throw new Error(`${name}: ${status} ${answer.toString()}`);
      times.push(performance.now() - start);
      await pause(3);
    }
    connection.close();
  }
  return took;
}

async function compare(fairness: boolean): Promise<void> {
  const server = child('server', ...(fairness ? ['--fairness'] : []));
  let flooding: ReturnType<typeof child> | undefined;
  try {
    const targets = JSON.parse(await server.line()) as Targets;
    await measure(targets);
    const alone = await measure(targets);
    const options = ['--connections', values.connections, ...(values.write ? ['--write'] : [])];
    const before = cpuSeconds(server.process.pid);
    flooding = child('flood', '--target', JSON.stringify(targets.flood), ...options);
    await flooding.line();
    await pause(1000);
    const beside = await measure(targets);
    const result = flooding.line();
    await flooding.end();
    const { codes, seconds } = JSON.parse(await result) as { codes: Record<number, number>; seconds: number };
    const cpu = (1e6 * (cpuSeconds(server.process.pid) - before)) / Object.values(codes).reduce((sum, count) => sum + count, 0);
    process.stdout.write(
      `\n${fairness ? 'priority and fairness' : 'limits in flight only'}; the flood: ${rates(codes, seconds)}, each for ${Math.round(cpu)} µs of the server's time\n`,
    );
    for (const [name, times] of Object.entries(alone))
      process.stdout.write(`  ${name.padEnd(26)} ${shown(times)}   beside the flood ${shown(beside[name] ?? [])}\n`);
  } finally {
    await flooding?.end();
    await server.end();
  }
}

/** What a process has used of its processors, as the kernel counts it (a hundred ticks a second). */
function cpuSeconds(pid: number | undefined): number {
  const fields =
    readFileSync(join('/proc', String(pid), 'stat'), 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function rates(codes: Record<number, number>, seconds: number): string {
  return Object.entries(codes)
    .map(([code, count]) => `${Math.round(count / seconds)}/s answered ${code}`)
    .join(', ');
}

function shown(times: readonly number[]): string {
  return `p50 ${quantile(times, 0.5).toFixed(2)} ms, p95 ${quantile(times, 0.95).toFixed(2)} ms`;
}

if (values.role === 'server') await serve();
else if (values.role === 'flood') await flood(JSON.parse(values.target ?? '') as Target);
else for (const fairness of [false, true]) await compare(fairness);
