/** Fills a cluster up to so many ConfigMaps in all (earlier calls' included) and measures reading them. Prints one line of JSON, in ms. */
import { Clients, readArguments } from './clients.ts';
import { eachLine, openWatch } from './connection.ts';
import { median } from '../statistics.ts';

const { target, objects } = readArguments({ objects: 1000 });
const ROUNDS = 5;
const BATCH = 2000;
const NAMESPACE = 'growth';
const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const clients = await Clients.open(target, 32);
await clients.first.request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });

async function present(): Promise<number> {
  const list = await clients.first.json<{ items: unknown[]; metadata: { remainingItemCount?: number } }>(
    'GET',
    `${path}?limit=1&labelSelector=`,
  );
  return list.items.length + (list.metadata.remainingItemCount ?? 0);
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return median(times);
}

/** From sending a write until a watch of that very object tells of it. */
async function watchOne(): Promise<number> {
  let heard = (): void => undefined;
  const onLine = eachLine((line) => {
    if (line.includes('"MODIFIED"')) heard();
  });
  const watch = await openWatch(target, `${path}?watch=1&fieldSelector=metadata.name%3Dg1`, onLine);
  let round = 0;
  const delay = await time(async () => {
    const event = new Promise<void>((resolve) => (heard = resolve));
    await clients.first.json('PATCH', `${path}/g1`, { data: { round: `${objects}/${round++}` } }, 'application/merge-patch+json');
    await event;
  });
  watch.close();
  return delay;
}

const data = { k: 'x'.repeat(1024) };
for (let from = await present(); from < objects; from = Math.min(objects, from + BATCH))
  await clients.run(Math.min(BATCH, objects - from), (connection, index) =>
    connection.request('POST', path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `g${from + index}` }, data }),
  );
const list = await time(() => clients.first.request('GET', path));
const page = await time(() => clients.first.request('GET', `${path}?limit=500`));
const get = await time(() => clients.first.request('GET', `${path}/g1`));
const watch = await watchOne();
clients.close();
process.stdout.write(`${JSON.stringify({ list, page, get, watch })}\n`);
