import { mkdtempSync, rmSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEtcd } from '#etcd';
import { makeCertificates } from '../etcd/certificates.ts';
import { startRealEtcd } from '../etcd/real-etcd.ts';
const V = Buffer.alloc(1024, 'v');
const certificates = await makeCertificates();
const cpu = (pid: number) => { const f = readFileSync(`/proc/${pid}/stat`, 'latin1'); const p = f.slice(f.lastIndexOf(')') + 2).split(' '); return (Number(p[11]) + Number(p[12])) * 10; };
async function bench(name: string, endpoint: string, pid: number) {
  const clients = await Promise.all(Array.from({ length: 8 }, () => connectEtcd({ endpoints: [endpoint], tls: certificates.client })));
  const client = clients[0]!;
  for (let round = 0; round < 4; round++) {
    const watchers = 256, EV = 300, prefix = `/w/${round}/`;
    const stop = new AbortController(); let seen = 0, batches = 0; let all = () => {};
    const done = new Promise<void>((r) => (all = r));
    const { revision } = await client.range({ key: '/none' });
    const hs = { onEvents: (e: readonly unknown[]) => { seen += e.length; batches++; if (seen === watchers * EV) all(); }, onProgress() {} };
    const ws = Array.from({ length: watchers }, () => client.watch({ key: prefix, rangeEnd: prefix.replace(/\/$/, '0') }, revision, hs, stop.signal));
    await new Promise((r) => setTimeout(r, 200));
    const t = performance.now(), c0 = cpu(pid), m0 = process.cpuUsage();
    await Promise.all(Array.from({ length: EV }, (_, i) => client.txn({ compare: [], success: [{ type: 'put', key: `${prefix}${i}`, value: V }], failure: [] })));
    const tw = performance.now() - t;
    await done; const ms = performance.now() - t; const m1 = process.cpuUsage(m0);
    console.log(`${name} fan-out ${Math.round(watchers * EV * 1000 / ms)}/s  ${Math.round(ms)} ms (writes ${Math.round(tw)}) server cpu ${cpu(pid) - c0} client cpu ${Math.round((m1.user + m1.system) / 1000)} responses ${batches}`);
    stop.abort(); await Promise.all(ws);
  }
  for (let i = 0; i < 500; i++) await client.txn({ compare: [], success: [{ type: 'put', key: `/seed/${i}`, value: V }], failure: [] });
  for (const n of [1, 32, 256]) {
    let count = 0; const end = performance.now() + 2000; const t = performance.now(), c0 = cpu(pid), m0 = process.cpuUsage();
    await Promise.all(Array.from({ length: n }, async (_, i) => { while (performance.now() < end) { await clients[Math.floor(i / 32) % 8]!.range({ key: '/seed/', rangeEnd: '/seed0' }); count++; } }));
    const ms = performance.now() - t; const m1 = process.cpuUsage(m0);
    console.log(`${name} range500 ${n}: ${Math.round(count * 1000 / ms)}/s server cpu ${Math.round((cpu(pid) - c0) / ms * 100)}% client ${Math.round((m1.user + m1.system) / 10 / ms)}%`);
  }
  for (const c of clients) c.close();
}
if (process.argv[2] !== 'theirs') {
  const dir = mkdtempSync(join(tmpdir(), 'zz-'));
  const { ca, cert, key } = certificates.files;
  const child = spawn(process.execPath, [...(process.env.PROF ? ['--cpu-prof', '--cpu-prof-dir', process.env.PROF] : []), join(import.meta.dirname, 'etcd-server.ts'), dir, ca, cert, key], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout, 'data');
  await bench('ours', `https://127.0.0.1:${Number(String(port))}`, child.pid!);
  const ex = once(child, 'exit'); child.kill('SIGTERM'); await ex; rmSync(dir, { recursive: true });
}
if (process.argv[2] !== 'ours') {
  const [m] = await startRealEtcd(certificates);
  await bench('theirs', m!.endpoint, m!.process.pid!);
  await m!.dispose();
}
await certificates.dispose();
