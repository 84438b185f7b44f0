/**
 * Load on the API server: create, get, list, list by selector, merge patch and delete ConfigMaps of 1 KB, and watch them
 * from many connections. Prints one line of JSON; times are in ms.
 */
import { Clients, makeNamespace, readArguments } from './clients.ts';
import { type Connection, eachLine, openWatch, type Target } from './connection.ts';
import { median, quantile } from '../statistics.ts';

const { target, n, clients: count, watchers, events } = readArguments({ n: 3000, clients: 32, watchers: 100, events: 300 });
const LISTS = 8;
const WRITERS = 8;
const MERGE_PATCH = 'application/merge-patch+json';
const FILLING = 'x'.repeat(1024);

const clients = await Clients.open(target, count);
const path = `/api/v1/namespaces/${await makeNamespace(clients.first, 'bench')}/configmaps`;

const configMap = (index: number): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `c${index}`, labels: { app: `a${index % 10}` } },
  data: { k: FILLING },
});

async function medianTime(connection: Connection, url: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < LISTS; round++) {
    const began = performance.now();
    await connection.request('GET', url);
    times.push(performance.now() - began);
  }
  return median(times);
}

/** How many events arrive a second at all watchers together, and how long after the write that they tell of was sent. */
async function watchFanOut(to: Target): Promise<{ perSecond: number; p50: number; p99: number }> {
  const { metadata } = await clients.first.json<{ metadata: { resourceVersion: string } }>('GET', `${path}?limit=1`);
  const sent: number[] = [];
  const delays: number[] = [];
  let all = (): void => undefined;
  const done = new Promise<void>((resolve) => (all = resolve));
  const onLine = (line: string): void => {
    const event = /"ev":"(\d+)"/.exec(line)?.[1];
    if (event === undefined) return;
    delays.push(performance.now() - (sent[Number(event)] as number));
    if (delays.length === watchers * events) all();
  };
  const url = `${path}?watch=1&resourceVersion=${metadata.resourceVersion}`;
  const open = await Promise.all(Array.from({ length: watchers }, () => openWatch(to, url, eachLine(onLine))));
  const start = performance.now();
  let next = 0;
  await Promise.all(
    clients.connections.slice(0, WRITERS).map(async (connection) => {
      while (next < events) {
        const event = next++;
        sent[event] = performance.now();
        await connection.json('PATCH', `${path}/c${event}`, { data: { ev: String(event) } }, MERGE_PATCH);
      }
    }),
  );
  await done;
  const seconds = (performance.now() - start) / 1000;
  for (const watch of open) watch.close();
  return { perSecond: delays.length / seconds, p50: median(delays), p99: quantile(delays, 0.99) };
}

const create = await clients.run(n, (connection, index) => connection.request('POST', path, configMap(index)));
const get = await clients.run(n * 2, (connection, index) => connection.request('GET', `${path}/c${index % n}`));
const list = await medianTime(clients.first, path);
const listSelector = await medianTime(clients.first, `${path}?labelSelector=app%3Da3&resourceVersion=0`);
const patch = await clients.run(n, (connection, index) =>
  connection.request('PATCH', `${path}/c${index}`, { data: { v: String(index) } }, MERGE_PATCH),
);
const watch = await watchFanOut(target);
const remove = await clients.run(Math.min(n, 1000), (connection, index) => connection.request('DELETE', `${path}/c${index}`));
await clients.first.request('DELETE', path);
clients.close();
process.stdout.write(`${JSON.stringify({ create, get, list, listSelector, patch, watch, delete: remove })}\n`);
