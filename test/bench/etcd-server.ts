import { readFileSync } from 'node:fs';
import { openEtcd, serveEtcd } from '#etcd';

/** Run as a process of its own: serves a data directory and prints its port. */
const [dir = '', ca = '', cert = '', key = ''] = process.argv.slice(2);
const etcd = await openEtcd({ dir, retentionMs: 0, quotaBytes: 0 });
const tls = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
const server = await serveEtcd(etcd, { host: '127.0.0.1', port: 0, tls, memberName: 'bench' });
console.log(server.port);
process.on(
  'SIGTERM',
  () =>
    void server
      .close()
      .then(() => etcd.close())
      .then(() => process.exit(0)),
);
