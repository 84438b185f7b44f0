import type { ConfigMap } from '#api/generated/core-v1.ts';
import { serviceUnavailable } from '#apimachinery';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createInformer, fakeClient, resources, type FakeClient, type Informer } from './index.ts';

const configMap = (name: string, labels: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels },
});

let stop: AbortController;
let client: FakeClient;

beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
  client = fakeClient([configMap('a', { app: 'x' })]);
});

afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

function start(log: string[] = []): Informer<ConfigMap> {
  const indexers = { app: (object: ConfigMap) => object.metadata.labels?.['app'] };
  const informer = createInformer(client, resources.configMaps, { indexers, signal: stop.signal });
  informer.addHandlers({
    add: (object) => log.push(`add ${object.metadata.name}`),
    update: (object) => log.push(`update ${object.metadata.name}`),
    delete: (object) => log.push(`delete ${object.metadata.name}`),
  });
  return informer;
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const maps = () => client.resource(resources.configMaps);

test('what exists and what comes is in the informer', async () => {
  const log: string[] = [];
  const informer = start(log);
  expect(informer.hasSynced).toBe(false);
  await informer.synced;
  await maps().create(configMap('b'));
  await maps().patch({ name: 'a', namespace: 'default' }, 'merge', { data: { k: 'v' } });
  await maps().delete({ name: 'b', namespace: 'default' });
  await settle();
  expect(log).toEqual(['add a', 'add b', 'update a', 'delete b']);
  expect(informer.get('a', 'default')?.data).toEqual({ k: 'v' });
  expect(informer.list('default')).toHaveLength(1);
  expect(informer.list('other')).toEqual([]);
});

test('objects are found by index, also after they changed', async () => {
  const informer = start();
  await informer.synced;
  await maps().patch({ name: 'a', namespace: 'default' }, 'merge', { metadata: { labels: { app: 'y' } } });
  await settle();
  expect([...informer.byIndex('app', 'x')]).toEqual([]);
  expect([...informer.byIndex('app', 'y')].map((object) => object.metadata.name)).toEqual(['a']);
});

test('a watch that breaks off is resumed without a second list', async () => {
  const log: string[] = [];
  const informer = start(log);
  await informer.synced;
  let lists = 0;
  client.react('configmaps', ({ verb }) => void (lists += verb === 'list' ? 1 : 0));
  client.breakWatches();
  await maps().create(configMap('b'));
  await vi.advanceTimersByTimeAsync(2000);
  expect(log).toEqual(['add a', 'add b']);
  expect(lists).toBe(0);
});

test('when the revision is gone, a new list tells what happened meanwhile', async () => {
  const log: string[] = [];
  const informer = start(log);
  await informer.synced;
  await settle();
  client.breakWatches({ forget: true });
  await maps().create(configMap('b'));
  await maps().delete({ name: 'a', namespace: 'default' });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(log).toEqual(['add a', 'add b', 'delete a']);
});

test('a server that is away is asked again, more and more rarely', async () => {
  let lists = 0;
  let away = true;
  client.react('configmaps', ({ verb }) => {
    if (verb === 'list') lists++;
    if (away) throw serviceUnavailable('away');
  });
  const informer = start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lists).toBeGreaterThan(3);
  expect(lists).toBeLessThan(9);
  away = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(informer.hasSynced).toBe(true);
});

test('an object that was deleted and made anew is reported as both', async () => {
  const log: string[] = [];
  const informer = start(log);
  await informer.synced;
  await settle();
  client.breakWatches({ forget: true });
  await maps().delete({ name: 'a', namespace: 'default' });
  await maps().create(configMap('a'));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(log).toEqual(['add a', 'delete a', 'add a']);
});

test('late handlers hear of what is known', async () => {
  const informer = start();
  await informer.synced;
  const log: string[] = [];
  informer.addHandlers({ add: (object) => log.push(object.metadata.name) });
  expect(log).toEqual(['a']);
});
