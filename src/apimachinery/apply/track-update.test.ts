import { expect, test } from 'vitest';
import { clone, deepFreeze, trackUpdate, type KubeObject, type ManagedFieldsEntry, type UpdateTracking } from '../index.ts';
import { schema, web, withContainers } from './test-schema.ts';

const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

function write(live: KubeObject | undefined, object: KubeObject, options: Partial<UpdateTracking> = {}): KubeObject {
  const tracking = { manager: 'kubectl', apiVersion: 'apps/v1', schema, now: at(0), ...options };
  const managedFields = trackUpdate(deepFreeze(live), deepFreeze(object), tracking);
  return { ...clone(object), metadata: { ...clone(object.metadata), managedFields } };
}

const managers = (object: KubeObject): unknown[][] =>
  object.metadata.managedFields?.map(({ manager, operation, subresource, time }) => [
    manager,
    operation,
    subresource,
    time?.slice(17, 19),
  ]) ?? [];
const fieldsOf = (object: KubeObject, manager: string): unknown =>
  object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;

const nginx = { name: 'nginx', image: 'nginx', resources: {} };

test('a create owns every field, and the maps and items that it makes', () => {
  const created = write(
    undefined,
    web(
      { replicas: 1, strategy: { type: 'x', rollingUpdate: { maxSurge: 1 } }, ...withContainers(nginx) },
      { labels: { app: 'web' }, uid: 'u' },
    ),
  );
  expect(fieldsOf(created, 'kubectl')).toEqual({
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:replicas': {},
      'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} }, 'f:type': {} },
      'f:template': {
        'f:spec': { 'f:containers': { 'k:{"name":"nginx"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:resources': {} } } },
      },
    },
  });
});

test('a write that changes nothing keeps the very entries', () => {
  const live = write(undefined, web({ replicas: 1 }, { uid: 'u' }));
  const same = { ...clone(live), metadata: { ...clone(live.metadata), managedFields: undefined, resourceVersion: '7', generation: 4 } };
  const tracking = { manager: 'other', apiVersion: 'apps/v1', schema, now: at(9) };
  expect(trackUpdate(live, same, tracking)).toBe(live.metadata.managedFields);
});

test('a changed field goes over to who changed it', () => {
  const live = write(undefined, web({ replicas: 1, paused: true }, { uid: 'u' }));
  const next = write(live, web({ replicas: 2, paused: true }, live.metadata), { manager: 'hpa', now: at(5) });
  expect(fieldsOf(next, 'kubectl')).toEqual({ 'f:spec': { 'f:paused': {} } });
  expect(fieldsOf(next, 'hpa')).toEqual({ 'f:spec': { 'f:replicas': {} } });
  expect(managers(next)).toEqual([
    ['kubectl', 'Update', undefined, '00'],
    ['hpa', 'Update', undefined, '05'],
  ]);
});

test('a removed field belongs to nobody, and its removal moves no time', () => {
  const live = write(undefined, web({ replicas: 1, paused: true }, { uid: 'u' }));
  const next = write(live, web({ replicas: 1 }, live.metadata), { manager: 'other', now: at(5) });
  expect(fieldsOf(next, 'kubectl')).toEqual({ 'f:spec': { 'f:replicas': {} } });
  expect(managers(next)).toEqual([['kubectl', 'Update', undefined, '00']]);
});

test('the same manager writes each subresource and version by its own entry', () => {
  const live = write(undefined, web({ replicas: 1 }, { uid: 'u' }));
  const status = write(live, { ...live, status: { replicas: 1 } } as KubeObject, { subresource: 'status', now: at(1) });
  const old = write(status, { ...status, spec: { replicas: 2 } } as KubeObject, { apiVersion: 'apps/v1beta1', now: at(2) });
  expect(old.metadata.managedFields?.map(({ apiVersion, subresource }) => [apiVersion, subresource])).toEqual([
    ['apps/v1', 'status'],
    ['apps/v1beta1', undefined],
  ]);
});

test('an item that is new is owned with its key, one that moves is not changed', () => {
  const live = write(undefined, web(withContainers(nginx, { name: 'b' }), { uid: 'u' }));
  const moved = write(live, web(withContainers({ name: 'b' }, nginx), live.metadata), { manager: 'mover' });
  expect(managers(moved).map(([manager]) => manager)).toEqual(['kubectl']);
  const grown = write(live, web(withContainers(nginx, { name: 'b' }, { name: 'c' }), live.metadata), { manager: 'injector' });
  expect(fieldsOf(grown, 'injector')).toEqual({
    'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:name': {} } } } } },
  });
});

test('an object without entries stays without, a single blank entry takes them all away', () => {
  const untracked = web({ replicas: 1 }, { uid: 'u' });
  expect(write(untracked, web({ replicas: 2 }, { uid: 'u' })).metadata.managedFields).toBeUndefined();
  const live = write(undefined, untracked);
  expect(write(live, web({ replicas: 2 }, { uid: 'u', managedFields: [{}] })).metadata.managedFields).toBeUndefined();
});

test('entries that the client sends are taken, unless they cannot be read', () => {
  const live = write(undefined, web({ replicas: 1 }, { uid: 'u' }));
  const entry: ManagedFieldsEntry = {
    manager: 'mine',
    operation: 'Update',
    apiVersion: 'apps/v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:replicas': {} } },
  };
  expect(managers(write(live, web({ replicas: 1 }, { uid: 'u', managedFields: [entry] })))).toEqual([
    ['mine', 'Update', undefined, undefined],
  ]);
  const broken = { ...entry, fieldsV1: { nonsense: {} } };
  expect(managers(write(live, web({ replicas: 1 }, { uid: 'u', managedFields: [broken] })))).toEqual(managers(live));
  expect(managers(write(live, web({ replicas: 1 }, { uid: 'u', managedFields: [entry] }), { subresource: 'status' }))).toEqual(
    managers(live),
  );
});

test('of many managers, the oldest become ancient-changes', () => {
  let object = write(undefined, web({ replicas: 0 }, { uid: 'u' }), { manager: 'm00' });
  for (let index = 1; index <= 12; index++) {
    const labels = { ...object.metadata.labels, [`l${index}`]: 'x' };
    object = write(
      object,
      { ...object, metadata: { ...object.metadata, labels } },
      { manager: `m${String(index).padStart(2, '0')}`, now: at(index) },
    );
  }
  expect(object.metadata.managedFields).toHaveLength(10);
  expect(managers(object)[0]).toEqual(['ancient-changes', 'Update', undefined, '03']);
  expect(fieldsOf(object, 'ancient-changes')).toEqual({
    'f:metadata': { 'f:labels': { '.': {}, 'f:l1': {}, 'f:l2': {}, 'f:l3': {} } },
    'f:spec': { 'f:replicas': {} },
  });
});

test('what a write cannot change is not looked at', () => {
  const live = write(undefined, web({ replicas: 1 }, { uid: 'u' }));
  const object = { ...live, status: { replicas: 5 } } as KubeObject;
  expect(trackUpdate(live, object, { manager: 'x', apiVersion: 'apps/v1', schema, reset: { 'f:status': {} } })).toBe(
    live.metadata.managedFields,
  );
});

test('a free-form value that changes its form is a changed field', () => {
  const live = write(undefined, web({ config: { a: 'x' } }, { uid: 'u' }));
  const next = write(live, web({ config: { a: { b: 1 } } }, live.metadata), { manager: 'other' });
  expect(fieldsOf(next, 'other')).toEqual({ 'f:spec': { 'f:config': { 'f:a': {} } } });
});

test('items that share their keys are one field', () => {
  const twins = [
    { name: 'a', image: '1' },
    { name: 'a', image: '2' },
  ];
  const live = write(undefined, web(withContainers(...twins), { uid: 'u' }));
  expect(fieldsOf(live, 'kubectl')).toEqual({ 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': {} } } } } });
  const next = write(live, web(withContainers(twins[0]), live.metadata), { manager: 'other' });
  expect(fieldsOf(next, 'other')).toEqual({ 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': {} } } } } });
});
