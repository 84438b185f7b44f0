import { expect, test } from 'vitest';
import {
  applyObject,
  clone,
  deepFreeze,
  LAST_APPLIED_ANNOTATION,
  lastAppliedConfiguration,
  trackUpdate,
  type ApplyRequest,
  type KubeObject,
} from '../index.ts';
import { schema, web, withContainers, type Spec } from './test-schema.ts';

type Deployment = KubeObject & { spec: Spec };
type Options = Partial<Pick<ApplyRequest, 'manager' | 'force' | 'subresource' | 'now' | 'reset' | 'view' | 'apiVersion'>>;

const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

function apply(live: KubeObject | undefined, applied: KubeObject, options: Options = {}): Deployment {
  const request = { live, applied, manager: 'me', apiVersion: 'apps/v1', schema, now: at(0), ...options };
  return clone(applyObject(deepFreeze(request)).object) as Deployment;
}

/** A write that is no apply. */
function update(live: KubeObject | undefined, object: KubeObject, manager = 'controller', now = at(1)): Deployment {
  const managedFields = trackUpdate(deepFreeze(live), deepFreeze(object), { manager, apiVersion: 'apps/v1', schema, now });
  return { ...object, metadata: { ...object.metadata, managedFields } } as Deployment;
}

const owned = (object: KubeObject, manager: string): unknown =>
  object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;

const nginx = { name: 'nginx', image: 'nginx:1' };

test('applied to nothing, a configuration becomes the object, and all of it is owned', () => {
  const created = apply(
    undefined,
    web({ replicas: 1, ...withContainers({ ...nginx, ports: [{ containerPort: 80 }] }) }, { labels: { app: 'web' } }),
  );
  expect(created.spec.replicas).toBe(1);
  expect(created.metadata.managedFields).toEqual([
    {
      manager: 'me',
      operation: 'Apply',
      apiVersion: 'apps/v1',
      time: '2026-01-01T00:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { 'f:app': {} } },
        'f:spec': {
          'f:replicas': {},
          'f:template': {
            'f:spec': {
              'f:containers': {
                'k:{"name":"nginx"}': {
                  '.': {},
                  'f:image': {},
                  'f:name': {},
                  'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                },
              },
            },
          },
        },
      },
    },
  ]);
});

test('applying the same again changes nothing', () => {
  const live = apply(undefined, web({ replicas: 1 }));
  const result = applyObject({ live, applied: web({ replicas: 1 }), manager: 'me', apiVersion: 'apps/v1', schema, now: at(9) });
  expect(result).toEqual({ object: live, changed: false });
  expect(result.object).toBe(live);
});

test('what another has changed is a conflict', () => {
  const live = update(
    apply(undefined, web({ replicas: 1 })),
    web({ replicas: 5 }, apply(undefined, web({ replicas: 1 })).metadata),
    'kubectl-client-side-apply',
  );
  expect(() => apply(live, web({ replicas: 1 }))).toThrow(
    expect.objectContaining({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
      status: expect.objectContaining({
        details: {
          causes: [
            { reason: 'FieldManagerConflict', message: 'conflict with "kubectl-client-side-apply" using apps/v1', field: '.spec.replicas' },
          ],
        },
      }),
    }),
  );
});

test('several conflicts are listed by manager', () => {
  const live = apply(apply(undefined, web({ replicas: 1 }), { manager: 'b' }), web({ paused: true, ...withContainers(nginx) }), {
    manager: 'a',
  });
  const change = web({ replicas: 2, paused: false, ...withContainers({ ...nginx, image: 'nginx:2' }) });
  expect(() => apply(live, change)).toThrow(
    'Apply failed with 3 conflicts: conflicts with "a":\n- .spec.paused\n- .spec.template.spec.containers[name="nginx"].image\nconflicts with "b":\n- .spec.replicas',
  );
});

test('a conflict with a subresource names it', () => {
  const live = apply(undefined, web({ replicas: 1 }), { manager: 'hpa', subresource: 'scale' });
  expect(() => apply(live, web({ replicas: 2 }))).toThrow('conflict with "hpa" with subresource "scale": .spec.replicas');
});

test('force takes fields over', () => {
  const live = apply(undefined, web({ replicas: 1, paused: true }), { manager: 'a' });
  const taken = apply(live, web({ replicas: 2 }), { force: true });
  expect(taken.spec).toEqual({ replicas: 2, paused: true });
  expect(owned(taken, 'a')).toEqual({ 'f:spec': { 'f:paused': {} } });
  expect(owned(taken, 'me')).toEqual({ 'f:spec': { 'f:replicas': {} } });
});

test('the same value can have two owners, and stays until both have let go', () => {
  const first = apply(undefined, web({ replicas: 1 }), { manager: 'a' });
  const shared = apply(first, web({ replicas: 1 }), { manager: 'b' });
  const left = apply(shared, web(), { manager: 'a' });
  expect(left.spec).toEqual({ replicas: 1 });
  expect(left.metadata.managedFields?.map((entry) => entry.manager)).toEqual(['b']);
  expect(apply(left, web(), { manager: 'b' }).spec).toBeUndefined();
});

test('what is no longer applied is removed, unless somebody else has it', () => {
  const live = apply(undefined, web(withContainers(nginx, { name: 'sidecar', image: 'x' }), { labels: { a: '1', b: '2' } }));
  const touched = update(live, { ...live, metadata: { ...live.metadata, labels: { a: '1', b: '2', c: '3' } } });
  const next = apply(touched, web(withContainers(nginx), { labels: { a: '1' } }));
  expect(next.spec).toEqual(withContainers(nginx));
  expect(next.metadata.labels).toEqual({ a: '1', c: '3' });
});

test('the object’s identity survives an owner who lets go of all metadata', () => {
  const live = apply(undefined, web({ replicas: 1 }, { labels: { a: '1' }, uid: 'u' }));
  const next = apply(live, web({ replicas: 1 }));
  expect(next.metadata).toMatchObject({ name: 'web', uid: 'u' });
  expect(next.metadata.labels).toBeUndefined();
});

test('an item that is no longer applied goes with what defaults have put into it', () => {
  const live = apply(undefined, web(withContainers(nginx, { name: 'old', image: 'x' })));
  (live.spec['template'] as { spec: { containers: { args?: string[] }[] } }).spec.containers[1]!.args = ['default'];
  expect(apply(live, web(withContainers(nginx))).spec).toEqual(withContainers(nginx));
});

test.each<[string, string[], string[], string[]]>([
  ['new items come where they are applied', ['a', 'b'], ['a', 'x', 'b'], ['a', 'x', 'b']],
  ['the applied order wins', ['a', 'b'], ['b', 'a'], ['b', 'a']],
  ['items of others keep their place', ['a', 'other', 'b'], ['a', 'b'], ['a', 'other', 'b']],
  ['items of others stay before what followed them', ['other', 'a'], ['x', 'a'], ['other', 'x', 'a']],
])('of lists with keys, %s', (_name, before, applied, after) => {
  const names = (object: KubeObject): string[] => {
    const { spec } = object as unknown as { spec: { template: { spec: { containers: { name: string }[] } } } };
    return spec.template.spec.containers.map((container) => container.name);
  };
  const live = update(undefined, web(withContainers(...before.map((name) => ({ name })))), 'other');
  expect(names(apply(live, web(withContainers(...applied.map((name) => ({ name }))))))).toEqual(after);
});

test('sets are merged item by item, atomic parts as a whole', () => {
  const live = apply(
    undefined,
    web({ selector: { matchLabels: { a: '1' } }, template: { spec: { nodeSelector: { x: '1' } } } }, { finalizers: ['a/b'] }),
  );
  const next = apply(live, web({ selector: { matchLabels: { b: '2' } } }, { finalizers: ['c/d'] }), { manager: 'other', force: true });
  expect(next.metadata.finalizers).toEqual(['a/b', 'c/d']);
  expect(next.spec['selector']).toEqual({ matchLabels: { b: '2' } });
  expect(owned(next, 'other')).toEqual({ 'f:metadata': { 'f:finalizers': { 'v:"c/d"': {} } }, 'f:spec': { 'f:selector': {} } });
  expect(owned(next, 'me')).toEqual({
    'f:metadata': { 'f:finalizers': { 'v:"a/b"': {} } },
    'f:spec': { 'f:template': { 'f:spec': { 'f:nodeSelector': {} } } },
  });
});

test('free-form parts are merged key by key, their lists as a whole', () => {
  const live = apply(undefined, web({ config: { a: { x: 1 }, list: [1] } }), { manager: 'a' });
  const next = apply(live, web({ config: { a: { y: 2 }, list: [2] } }), { force: true });
  expect(next.spec['config']).toEqual({ a: { x: 1, y: 2 }, list: [2] });
});

test('an object from before managed fields belongs to before-first-apply', () => {
  const live = web({ replicas: 1 }, { uid: 'u' });
  expect(() => apply(live, web({ replicas: 2 }))).toThrow('conflict with "before-first-apply" using apps/v1: .spec.replicas');
  const shared = apply(live, web({ replicas: 1 }));
  expect(shared.metadata.managedFields?.map((entry) => [entry.manager, entry.operation])).toEqual([
    ['me', 'Apply'],
    ['before-first-apply', 'Update'],
  ]);
});

test('fields of another subresource are never owned', () => {
  const created = apply(undefined, { ...web({ replicas: 1 }), status: { replicas: 1 } } as KubeObject, { reset: { 'f:status': {} } });
  expect(owned(created, 'me')).toEqual({ 'f:spec': { 'f:replicas': {} } });
});

test.each<[string, unknown, string]>([
  ['an undeclared field', { nonsense: 1 }, '.spec.nonsense: field not declared in schema'],
  [
    'an item without its key',
    withContainers({ image: 'x' }),
    '.spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn\'t have default value)',
  ],
  ['two items of one key', withContainers(nginx, nginx), '.spec.template.spec.containers: duplicate entries for key [name="nginx"]'],
  ['a list for a map', { template: [] }, '.spec.template: expected map, got []'],
])('%s is refused', (_name, spec, problem) => {
  expect(() => apply(undefined, web(spec as Spec))).toThrow(
    expect.objectContaining({
      code: 400,
      message: `failed to create typed patch object (default/web; apps/v1, Kind=Deployment): ${problem}`,
    }),
  );
});

test('a configuration has no managedFields', () => {
  expect(() => apply(undefined, web({}, { managedFields: [{ manager: 'x' }] }))).toThrow(
    expect.objectContaining({ code: 400, message: 'metadata.managedFields must be nil' }),
  );
});

test('an entry of a version that is gone is dropped; one of another version is compared in it', () => {
  const live = apply(apply(undefined, web({ replicas: 1 }), { manager: 'a', apiVersion: 'apps/v0' }), web({ paused: true }), {
    manager: 'b',
    apiVersion: 'apps/v1beta1',
  });
  const view: ApplyRequest['view'] = (apiVersion) => (apiVersion === 'apps/v0' ? undefined : { schema, convert: (object) => object });
  expect(() => apply(live, web({ paused: false }), { view })).toThrow('conflict with "b": .spec.paused');
  const next = apply(live, web({ replicas: 3 }), { view });
  expect(next.metadata.managedFields?.map((entry) => entry.manager)).toEqual(['b', 'me']);
});

test('kubectl takes over what it has applied on its own side, and keeps its annotation true', () => {
  const configuration = web({ replicas: 1, paused: true });
  const annotations = { [LAST_APPLIED_ANNOTATION]: lastAppliedConfiguration(configuration) };
  const live = update(undefined, web({ replicas: 1, paused: true }, { annotations }), 'kubectl-client-side-apply');
  const next = apply(live, web({ replicas: 2, paused: true }), { manager: 'kubectl' });
  expect(next.spec.replicas).toBe(2);
  expect(next.metadata.annotations?.[LAST_APPLIED_ANNOTATION]).toBe(
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"default"},"spec":{"paused":true,"replicas":2}}\n',
  );
  expect(() => apply(live, web({ replicas: 2 }), { manager: 'argo' })).toThrow('Apply failed with 1 conflict');
});

test('kubectl does not take over what others have changed since', () => {
  const annotations = { [LAST_APPLIED_ANNOTATION]: lastAppliedConfiguration(web({ replicas: 1 })) };
  const created = update(undefined, web({ replicas: 1 }, { annotations }), 'kubectl-client-side-apply');
  const scaled = update(created, { ...created, spec: { replicas: 7 } } as KubeObject, 'hpa');
  expect(() => apply(scaled, web({ replicas: 1 }), { manager: 'kubectl' })).toThrow(
    'Apply failed with 1 conflict: conflict with "hpa" using apps/v1: .spec.replicas',
  );
});
