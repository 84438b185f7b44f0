/** Starts pods that do nothing, and ends when they are Ready. Prints one line of JSON. */
import { Clients, makeNamespace, readArguments } from './clients.ts';

const { target, pods } = readArguments({ pods: 10 });
const clients = await Clients.open(target, 1);
const path = `/api/v1/namespaces/${await makeNamespace(clients.first, 'idle')}/pods`;
const spec = { containers: [{ name: 'c', image: 'busybox:1.35', imagePullPolicy: 'IfNotPresent', command: ['sleep', '3600'] }] };
for (let index = 0; index < pods; index++)
  await clients.first.json('POST', path, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p${index}` },
    spec: { ...spec, terminationGracePeriodSeconds: 0 },
  });
for (let ready = 0; ready < pods;) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { items } = await clients.first.json<{ items: { status: { phase: string } }[] }>('GET', path);
  ready = items.filter(({ status }) => status.phase === 'Running').length;
}
clients.close();
process.stdout.write(`${JSON.stringify({ ready: pods })}\n`);
