import { request, type RequestOptions } from 'node:https';
import { readKubeconfig } from '#client';
import type { TestCluster } from './cluster.ts';

export interface Answer {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Connection options with the administrator's certificate, for requests that no client library would make. */
export async function adminOptions(cluster: TestCluster): Promise<RequestOptions> {
  const { server, ca, cert, key } = await readKubeconfig(cluster.kubeconfig);
  const { hostname, port } = new URL(server);
  return { hostname, port, ca, cert, key, agent: false };
}

/** One request over a connection of its own. */
export function send(options: RequestOptions, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ code: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
