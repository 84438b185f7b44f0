import { mkdtempSync, rmSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEtcd } from '#etcd';
import { makeCertificates } from '../etcd/certificates.ts';
const certificates = await makeCertificates();
const dir = mkdtempSync(join(tmpdir(), 'zz-'));
const { ca, cert, key } = certificates.files;
const child = spawn(process.execPath, [...process.argv.slice(2), join(import.meta.dirname, 'etcd-server.ts'), dir, ca, cert, key], { stdio: ['ignore', 'pipe', 'inherit'] });
const [port] = await once(child.stdout, 'data');
const rss = () => /VmHWM.*|RssAnon.*|RssFile.*/g[Symbol.match](readFileSync(`/proc/${child.pid}/status`, 'latin1'))!.join(' ');
console.log('start', rss());
const client = await connectEtcd({ endpoints: [`https://127.0.0.1:${Number(String(port))}`], tls: certificates.client });
const V = Buffer.alloc(1024, 'v');
let next = 0;
for (const n of [10_000, 100_000]) {
const t = performance.now();
await Promise.all(Array.from({ length: 128 }, async () => { while (next < n) await client.txn({ compare: [], success: [{ type: 'put', key: `/size/${next++}`, value: V }], failure: [] }); }));
console.log(n, rss(), Math.round(performance.now() - t));
}
client.close();
const ex = once(child, 'exit'); child.kill('SIGTERM'); await ex; rmSync(dir, { recursive: true });
await certificates.dispose();
