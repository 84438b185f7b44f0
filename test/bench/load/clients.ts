import { parseArgs } from 'node:util';
import { Connection, type Reply, type Target } from './connection.ts';
import { median, quantile } from '../statistics.ts';

/** What a load generator's command line says: where the server is, and numbers of its own. */
export function readArguments<N extends string>(
  numbers: Readonly<Record<N, number>>,
): { target: Target; mode: string } & Record<N, number> {
  const names = Object.keys(numbers) as N[];
  const options = Object.fromEntries(['server', 'ca', 'cert', 'key', 'mode', ...names].map((name) => [name, { type: 'string' as const }]));
  const values = parseArgs({ options }).values as Record<string, string | undefined>;
  const given = (name: string): string => {
    const value = values[name];
    if (value === undefined) throw new Error(`--${name} is missing`);
    return value;
  };
  const read = Object.fromEntries(names.map((name) => [name, Number(values[name] ?? numbers[name])])) as Record<N, number>;
  const target = { server: given('server'), ca: given('ca'), cert: given('cert'), key: given('key') };
  return { target, mode: values['mode'] ?? '', ...read };
}

export interface Rate {
  /** Requests a second. */
  perSecond: number;
  p50: number;
  p99: number;
}

/** A fixed number of clients, each of which sends its next request when the last has been answered. */
export class Clients {
  readonly connections: readonly Connection[];

  private constructor(connections: readonly Connection[]) {
    this.connections = connections;
  }

  static async open(target: Target, count: number): Promise<Clients> {
    return new Clients(await Promise.all(Array.from({ length: count }, () => Connection.open(target))));
  }

  get first(): Connection {
    return this.connections[0] as Connection;
  }

  /** Has `count` requests sent by all clients together. Throws when one is refused. */
  async run(count: number, request: (connection: Connection, index: number) => Promise<Reply>): Promise<Rate> {
    const times: number[] = [];
    let next = 0;
    const start = performance.now();
    await Promise.all(
      this.connections.map(async (connection) => {
        while (next < count) {
          const index = next++;
          const began = performance.now();
          const { status, body } = await request(connection, index);
          if (status >= 300) throw new Error(`request ${index}: ${status} ${body.toString().slice(0, 300)}`);
          times.push(performance.now() - began);
        }
      }),
    );
    const seconds = (performance.now() - start) / 1000;
    return { perSecond: count / seconds, p50: median(times), p99: quantile(times, 0.99) };
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }
}

/** Makes a namespace with a new name and waits until Pods can be made in it. */
export async function makeNamespace(connection: Connection, prefix: string): Promise<string> {
  const name = `${prefix}-${Date.now().toString(36)}`;
  await connection.json('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  while ((await connection.request('GET', `/api/v1/namespaces/${name}/serviceaccounts/default`)).status !== 200)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return name;
}
