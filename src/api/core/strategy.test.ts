import { describe, expect, test } from 'vitest';
import { created, kindOf, NOW, read, texts, updated } from './core.fixture.ts';

describe('a new namespace', () => {
  const namespace = created('Namespace', { metadata: { name: 'a', namespace: '' }, status: { phase: 'Terminating' } });

  test('is active, to be emptied before it goes, and labelled with its name', () => {
    expect(namespace.status).toEqual({ phase: 'Active' });
    expect(namespace.spec.finalizers).toEqual(['kubernetes']);
    expect(namespace.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'a' });
  });

  test('loses its finalizers by the subresource alone', () => {
    const wanted = { metadata: { name: 'a' }, spec: { finalizers: [] } };
    expect(updated('Namespace', wanted, namespace).spec.finalizers).toEqual(['kubernetes']);
    expect(updated('Namespace', wanted, namespace, 'finalize').spec.finalizers).toBeUndefined();
  });
});

test.each([
  ['Active', undefined, []],
  ['Terminating', '2026-01-02T12:00:00Z', []],
  ['Terminating', undefined, ['status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty']],
  [
    'Active',
    '2026-01-02T12:00:00Z',
    ['status.Phase: Invalid value: "Active": may only be \'Terminating\' if `deletionTimestamp` is not empty'],
  ],
])('a namespace that is %s, deleted at %s', (phase, deletionTimestamp, errors) => {
  const namespace = read('Namespace', { metadata: { name: 'a', deletionTimestamp }, status: { phase } });
  expect(texts(kindOf('Namespace').validateStatusUpdate?.(namespace, namespace) ?? [])).toEqual(errors);
});

describe('a new node', () => {
  test('keeps the status that its kubelet brings', () => {
    const node = created('Node', { status: { capacity: { cpu: '2' } } });
    expect(node.status.capacity).toEqual({ cpu: '2' });
    expect(node.status.allocatable).toEqual({ cpu: '2' });
  });

  test('has its range in both fields', () => {
    const both = { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] };
    expect(read('Node', { spec: { podCIDR: '10.244.0.0/24' } }).spec).toEqual(both);
    expect(read('Node', { spec: { podCIDRs: ['10.244.0.0/24'] } }).spec).toEqual(both);
  });
});

test('what a secret says in plain text is stored as bytes, and wins', () => {
  const secret = read('Secret', { data: { a: 'eA==', b: 'eQ==' }, stringData: { a: 'grüße' } });
  expect(secret.data).toEqual({ a: Buffer.from('grüße').toString('base64'), b: 'eQ==' });
  expect(secret.stringData).toBeUndefined();
  expect(secret.type).toBe('Opaque');
});

test('an event is forgotten after an hour', () => {
  expect(kindOf('Event').ttlSeconds).toBe(3600);
});

test('events can be selected by what they are about', () => {
  const event = read('Event', {
    involvedObject: { kind: 'Pod', name: 'web', namespace: 'a', uid: 'u' },
    reason: 'Pulled',
    type: 'Normal',
    reportingComponent: 'kubelet',
  });
  const fields = Object.fromEntries(Object.entries(kindOf('Event').selectableFields ?? {}).map(([name, of]) => [name, of(event)]));
  expect(fields).toEqual({
    'involvedObject.kind': 'Pod',
    'involvedObject.namespace': 'a',
    'involvedObject.name': 'web',
    'involvedObject.uid': 'u',
    'involvedObject.apiVersion': '',
    'involvedObject.resourceVersion': '',
    'involvedObject.fieldPath': '',
    reason: 'Pulled',
    reportingComponent: 'kubelet',
    source: 'kubelet',
    type: 'Normal',
  });
});

test('a limit range gives containers their defaults', () => {
  const range = read('LimitRange', { spec: { limits: [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '100m', memory: '1Mi' } }] } });
  expect(range.spec.limits[0]).toMatchObject({ default: { cpu: '1' }, defaultRequest: { cpu: '1', memory: '1Mi' } });
});

test('a limit range gives pods no defaults', () => {
  const range = read('LimitRange', { spec: { limits: [{ type: 'Pod', max: { cpu: '1' } }] } });
  expect(range.spec.limits[0]).toEqual({ type: 'Pod', max: { cpu: '1' } });
});

test('a replication controller takes selector and labels from its template', () => {
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const { metadata, spec, status } = created('ReplicationController', { spec: { template }, status: { replicas: 5 } });
  expect(spec).toMatchObject({ replicas: 1, selector: { app: 'a' } });
  expect(metadata.labels).toEqual({ app: 'a' });
  expect(status).toEqual({ replicas: 0 });
});

describe('storage', () => {
  test('a new volume is pending since now', () => {
    const { spec, status } = created('PersistentVolume', { spec: { hostPath: { path: '/x' } } });
    expect(status).toEqual({ phase: 'Pending', lastPhaseTransitionTime: '2026-01-02T12:00:00Z' });
    expect(spec).toMatchObject({ persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem', hostPath: { path: '/x', type: '' } });
  });

  test('a change of its phase is timed', () => {
    const old = created('PersistentVolume', { spec: { hostPath: { path: '/x' } } });
    const wanted = structuredClone(old);
    wanted.status.phase = 'Bound';
    const later = new Date(NOW.getTime() + 5000);
    kindOf('PersistentVolume').prepareForStatusUpdate?.(wanted, old, { now: later, subresource: 'status', warn() {} });
    expect(wanted.status.lastPhaseTransitionTime).toBe('2026-01-02T12:00:05Z');
  });

  test('a new claim is pending, and says in both fields what it is copied from', () => {
    const { spec, status } = created('PersistentVolumeClaim', {
      spec: { dataSource: { kind: 'PersistentVolumeClaim', name: 'a' } },
      status: { phase: 'Bound' },
    });
    expect(status).toEqual({ phase: 'Pending' });
    expect(spec.dataSourceRef).toEqual({ kind: 'PersistentVolumeClaim', name: 'a' });
    expect(spec.volumeMode).toBe('Filesystem');
  });
});
