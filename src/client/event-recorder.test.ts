import type { Pod } from '#api/generated/core-v1.ts';
import { forbidden } from '#apimachinery';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eventRecorder, fakeClient, resources, type EventRecorder, type FakeClient } from './index.ts';

let client: FakeClient;
let recorder: EventRecorder;
let stop: AbortController;
const pod: Pod = { metadata: { name: 'web', namespace: 'default', uid: 'u1', resourceVersion: '5' }, spec: { containers: [] }, status: {} };

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z') });
  client = fakeClient();
  stop = new AbortController();
  recorder = eventRecorder({ client, component: 'kubelet', host: 'node-1', signal: stop.signal });
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

const events = () => client.objects(resources.events);

test('an event names the object, the reporter and the time', async () => {
  recorder.event(resources.pods, pod, 'Normal', 'Pulled', 'Image is there', 'spec.containers{web}');
  await recorder.flush();
  expect(events()[0]).toMatchObject({
    involvedObject: {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: 'default',
      name: 'web',
      uid: 'u1',
      resourceVersion: '5',
      fieldPath: 'spec.containers{web}',
    },
    type: 'Normal',
    reason: 'Pulled',
    message: 'Image is there',
    source: { component: 'kubelet', host: 'node-1' },
    reportingComponent: 'kubelet',
    reportingInstance: 'node-1',
    count: 1,
    firstTimestamp: '2026-01-02T03:04:05Z',
    lastTimestamp: '2026-01-02T03:04:05Z',
  });
  expect(events()[0]!.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
});

test('a repetition counts', async () => {
  recorder.event(resources.pods, pod, 'Warning', 'BackOff', 'again');
  await recorder.flush();
  vi.setSystemTime(new Date('2026-01-02T03:05:05Z'));
  recorder.event(resources.pods, pod, 'Warning', 'BackOff', 'again');
  await recorder.flush();
  expect(events()).toHaveLength(1);
  expect(events()[0]).toMatchObject({ count: 2, firstTimestamp: '2026-01-02T03:04:05Z', lastTimestamp: '2026-01-02T03:05:05Z' });
});

test('many similar events are combined, and a flood is cut off', async () => {
  for (let i = 0; i < 40; i++) recorder.event(resources.pods, pod, 'Warning', 'Failed', `attempt ${i}`);
  await recorder.flush();
  expect(events()).toHaveLength(10);
  const combined = events().find((event) => event.message!.startsWith('(combined from similar events): '));
  expect(combined).toMatchObject({ count: 16, message: '(combined from similar events): attempt 24' });
});

test('events of cluster-scoped objects are in the namespace default', async () => {
  recorder.event(resources.nodes, { metadata: { name: 'node-1' } }, 'Normal', 'NodeReady', 'ready');
  await recorder.flush();
  expect(events()[0]!.metadata.namespace).toBe('default');
});

test('what the server refuses is dropped', async () => {
  client.react('events', () => {
    throw forbidden({ group: '', resource: 'events' }, '', 'namespace is being terminated');
  });
  recorder.event(resources.pods, pod, 'Normal', 'Killing', 'stop');
  await recorder.flush();
  expect(events()).toEqual([]);
});
