import { expect, test } from 'vitest';
import type { KubeObject } from '#apimachinery';
import { Entry, StoredForm } from './entry.ts';
import type { CacheEvent, Delivery, EventBatch } from './event-batch.ts';
import type { Filter } from './filter.ts';
import { Watchers, type Watcher } from './watchers.ts';

interface Loose extends KubeObject {
  node?: string;
}

const form = new StoredForm('v1', 'Pod');
const node = (object: KubeObject): string => (object as Loose).node ?? '';

function entry(key: string, revision: number, more: Partial<Loose> = {}): Entry {
  const [namespace = '', name = ''] = key.split('/');
  const object: Loose = { ...more, metadata: { name, namespace, ...more.metadata } };
  return new Entry(form, object, form.encode(object), revision);
}

function created(key: string, revision: number, more?: Partial<Loose>): CacheEvent {
  return { revision, previous: undefined, current: entry(key, revision, more), last: undefined };
}

function changed(previous: Entry, revision: number, more?: Partial<Loose>): CacheEvent {
  return { revision, previous, current: entry(`${previous.namespace}/${previous.name}`, revision, more), last: undefined };
}

function deleted(previous: Entry, revision: number): CacheEvent {
  return { revision, previous, current: undefined, last: previous.at(revision) };
}

class Recorder implements Watcher {
  readonly filter: Filter;
  readonly told: string[] = [];
  batches: (EventBatch | undefined)[] = [];
  ended: Error | undefined;

  constructor(filter: Filter = {}) {
    this.filter = filter;
  }

  deliver(deliveries: readonly Delivery[], batch: EventBatch | undefined): void {
    this.told.push(...deliveries.map(({ type, entry: { namespace, name, revision } }) => `${type} ${namespace}/${name} ${revision}`));
    this.batches.push(batch);
  }

  end(error?: Error): void {
    this.ended = error;
  }
}

const events = [created('n/a', 1), created('m/b', 2), created('n/c', 3)];

test.each<[string, Filter, string[]]>([
  ['everything', {}, ['ADDED n/a 1', 'ADDED m/b 2', 'ADDED n/c 3']],
  ['a namespace', { namespace: 'n' }, ['ADDED n/a 1', 'ADDED n/c 3']],
  ['one object', { namespace: 'n', name: 'c' }, ['ADDED n/c 3']],
  ['a name in any namespace', { name: 'b' }, ['ADDED m/b 2']],
  ['what a selector lets through', { matches: ({ metadata }) => metadata.name !== 'a' }, ['ADDED m/b 2', 'ADDED n/c 3']],
  ['nothing of these', { namespace: 'x' }, []],
])('a watcher of %s is told just that', (_what, filter, told) => {
  const watchers = new Watchers({});
  const recorder = new Recorder(filter);
  watchers.add(recorder);
  watchers.dispatch(events);
  expect(recorder.told).toEqual(told);
  watchers.delete(recorder);
  watchers.dispatch(events);
  expect([recorder.told.length, watchers.size]).toEqual([told.length, 0]);
});

test('watchers of one namespace share a batch, and with it its encoding', () => {
  const watchers = new Watchers({});
  const [one, two] = [new Recorder({ namespace: 'n' }), new Recorder({ namespace: 'n' })];
  watchers.add(one);
  watchers.add(two);
  watchers.dispatch(events);
  expect(one.batches[0]).toBeDefined();
  expect(one.batches[0]).toBe(two.batches[0]);
});

test('a watcher of a field’s value sees objects come and go', () => {
  const watchers = new Watchers({ node });
  const recorder = new Recorder({ exact: { field: 'node', value: 'n1' }, matches: (object) => node(object) === 'n1' });
  const other = new Recorder({ exact: { field: 'node', value: 'n2' }, matches: (object) => node(object) === 'n2' });
  watchers.add(recorder);
  watchers.add(other);
  const pod = entry('n/a', 1);
  const bound = changed(pod, 2, { node: 'n1' });
  watchers.dispatch([bound]);
  watchers.dispatch([changed(bound.current as Entry, 3, { node: 'n1' })]);
  watchers.dispatch([deleted(entry('n/a', 3, { node: 'n1' }), 4)]);
  expect([recorder.told, other.told]).toEqual([['ADDED n/a 2', 'MODIFIED n/a 3', 'DELETED n/a 4'], []]);
  watchers.delete(recorder);
  watchers.delete(other);
  expect(watchers.size).toBe(0);
});

test('a watcher that throws is ended, and the others are told', () => {
  const watchers = new Watchers({});
  const bad = new Recorder();
  bad.deliver = () => {
    throw new Error('too much');
  };
  const good = new Recorder();
  watchers.add(bad);
  watchers.add(good);
  watchers.dispatch(events);
  expect([bad.ended?.message, good.told.length]).toEqual(['too much', 3]);
});
