import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connectEtcd } from '#etcd';
import type { TestCertificates } from './certificates.ts';

/** Starts upstream's etcd on a data directory that `etcdctl snapshot restore` made. */
export async function startRestored(
  certificates: TestCertificates,
  dataDir: string,
  [client, peer]: number[],
): Promise<{ endpoint: string; dispose(): Promise<void> }> {
  const { files } = certificates;
  const endpoint = `https://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const tls = ['--cert-file', files.cert, '--key-file', files.key, '--trusted-ca-file', files.ca, '--client-cert-auth'];
  const urls = ['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint, '--listen-peer-urls', peerUrl];
  const child = spawn('etcd', ['--data-dir', dataDir, '--log-level', 'error', ...urls, ...tls], { stdio: 'ignore' });
  const connection = await connectEtcd({ endpoints: [endpoint], tls: certificates.client, timeoutMs: 1000 });
  for (let tries = 0; ; tries++) {
    try {
      await connection.range({ key: 'a' });
      break;
    } catch (error) {
      if (tries > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  connection.close();
  return {
    endpoint,
    async dispose() {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}
