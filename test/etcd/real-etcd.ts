import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEtcd } from '#etcd';
import type { TestCertificates } from './certificates.ts';

/** A member of upstream's etcd, started for a test. */
export interface RealEtcd {
  endpoint: string;
  process: ChildProcess;
  dir: string;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** Starts it again on its data. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

/** Ports that are free at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function flags(certificates: TestCertificates, name: string, dir: string, client: string, peer: string, cluster: string): string[] {
  const { files } = certificates;
  return [
    '--name',
    name,
    '--data-dir',
    dir,
    '--log-level',
    'error',
    '--listen-client-urls',
    client,
    '--advertise-client-urls',
    client,
    '--listen-peer-urls',
    peer,
    '--initial-advertise-peer-urls',
    peer,
    '--initial-cluster',
    cluster,
    '--cert-file',
    files.cert,
    '--key-file',
    files.key,
    '--trusted-ca-file',
    files.ca,
    '--client-cert-auth',
    '--peer-cert-file',
    files.cert,
    '--peer-key-file',
    files.key,
    '--peer-trusted-ca-file',
    files.ca,
    '--peer-client-cert-auth',
  ];
}

async function start(args: string[]): Promise<ChildProcess> {
  const child = spawn('etcd', args, { stdio: 'ignore' });
  const failed = once(child, 'error').then(([error]) => {
    throw new Error("cannot start etcd: install Debian's etcd-server", { cause: error });
  });
  await Promise.race([once(child, 'spawn'), failed]);
  return child;
}

async function ready(endpoint: string, certificates: TestCertificates): Promise<void> {
  const client = await connectEtcd({ endpoints: [endpoint], tls: certificates.client, timeoutMs: 1000 });
  const deadline = Date.now() + 20_000;
  try {
    for (;;) {
      try {
        await client.range({ key: 'a' });
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  } finally {
    client.close();
  }
}

/** Starts a cluster of `members` and waits until it answers. Needs the `etcd` program, and fails without. */
export async function startRealEtcd(certificates: TestCertificates, members = 1): Promise<RealEtcd[]> {
  const ports = await freePorts(members * 2);
  const peers = Array.from({ length: members }, (_, i) => `https://127.0.0.1:${ports[members + i]}`);
  const cluster = peers.map((peer, i) => `m${i}=${peer}`).join(',');
  const started = peers.map(async (peer, i): Promise<RealEtcd> => {
    const dir = await mkdtemp(join(tmpdir(), 'skiff-real-etcd-'));
    const endpoint = `https://127.0.0.1:${ports[i]}`;
    const args = flags(certificates, `m${i}`, dir, endpoint, peer, cluster);
    const member: RealEtcd = {
      endpoint,
      dir,
      process: await start(args),
      async kill() {
        if (member.process.exitCode !== null || member.process.signalCode !== null) return;
        const exit = once(member.process, 'exit');
        member.process.kill('SIGKILL');
        await exit;
      },
      async restart() {
        member.process = await start(args);
      },
      async dispose() {
        await member.kill();
        await rm(dir, { recursive: true });
      },
    };
    return member;
  });
  const all = await Promise.all(started);
  try {
    await Promise.all(all.map(({ endpoint }) => ready(endpoint, certificates)));
    return all;
  } catch (error) {
    await Promise.all(all.map((member) => member.dispose()));
    throw error;
  }
}
