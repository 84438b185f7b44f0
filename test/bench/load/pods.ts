/** Pods on a real node: from the request to the Ready condition, one at a time, then a burst. Prints one line of JSON, in ms. */
import { Clients, makeNamespace, readArguments } from './clients.ts';
import { eachLine, openWatch } from './connection.ts';
import { median } from '../statistics.ts';

const { target, serial, burst } = readArguments({ serial: 5, burst: 20 });
const IMAGE = 'busybox:1.35';
const TIMEOUT_MS = 180_000;

interface PodEvent {
  type: string;
  object: { metadata: { name: string }; status?: { conditions?: { type: string; status: string }[] } };
}

const clients = await Clients.open(target, Math.max(1, burst));
const path = `/api/v1/namespaces/${await makeNamespace(clients.first, 'pods')}/pods`;
const ready = new Map<string, number>();
const gone = new Set<string>();
const changed = new Set<() => void>();

const watch = await openWatch(
  target,
  `${path}?watch=1`,
  eachLine((line) => {
    if (!line.startsWith('{')) return;
    const { type, object } = JSON.parse(line) as PodEvent;
    const { name } = object.metadata;
    const isReady = object.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
    if (type === 'DELETED') gone.add(name);
    else if (isReady === true && !ready.has(name)) ready.set(name, performance.now());
    for (const check of changed) check();
  }),
);

function until(condition: () => boolean, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} took more than ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
    const check = (): void => {
      if (!condition()) return;
      clearTimeout(timer);
      changed.delete(check);
      resolve();
    };
    changed.add(check);
    check();
  });
}

async function create(name: string, index: number): Promise<number> {
  const began = performance.now();
  const containers = [{ name: 'c', image: IMAGE, imagePullPolicy: 'IfNotPresent', command: ['sleep', '3600'] }];
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { terminationGracePeriodSeconds: 0, containers } };
  await (clients.connections[index] ?? clients.first).json('POST', path, pod);
  return began;
}

async function startTime(name: string): Promise<number> {
  const began = await create(name, 0);
  await until(() => ready.has(name), `pod ${name}`);
  return (ready.get(name) as number) - began;
}

// The first one brings the image along, and the code into shape.
await startTime('first');
const one: number[] = [];
for (let index = 0; index < serial; index++) one.push(await startTime(`s${index}`));
const start = performance.now();
const names = Array.from({ length: burst }, (_, index) => `b${index}`);
await Promise.all(names.map(create));
await until(() => names.every((name) => ready.has(name)), 'the burst');
const atOnce = performance.now() - start;
const removal = performance.now();
await clients.first.request('DELETE', path);
await until(() => gone.size === ready.size, 'deleting the pods');
const remove = performance.now() - removal;
watch.close();
clients.close();
process.stdout.write(`${JSON.stringify({ one: median(one), burst: atOnce, delete: remove })}\n`);
