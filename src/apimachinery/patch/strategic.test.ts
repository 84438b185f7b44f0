import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applyStrategicMergePatch,
  createStrategicMergePatch,
  createThreeWayMergePatch,
  deepFreeze,
  scalarSchema,
  type FieldSchema,
  type Schema,
  type StructSchema,
} from '../index.ts';

const scalar: FieldSchema = { schema: scalarSchema };
const struct = (fields: Record<string, FieldSchema>): StructSchema => ({ kind: 'struct', fields: new Map(Object.entries(fields)) });
const merging = (element: Schema, patchMergeKey?: string): FieldSchema => ({
  schema: { kind: 'list', element },
  patchStrategy: ['merge'],
  patchMergeKey,
});

const port = struct({ containerPort: scalar, name: scalar });
const container = struct({
  name: scalar,
  image: scalar,
  args: { schema: { kind: 'list', element: scalarSchema } },
  ports: merging(port, 'containerPort'),
});
const schema = struct({
  labels: { schema: { kind: 'map', element: scalarSchema } },
  containers: merging(container, 'name'),
  finalizers: merging(scalarSchema),
  tolerations: { schema: { kind: 'list', element: struct({ key: scalar }) } },
  strategy: { schema: struct({ type: scalar, rollingUpdate: { schema: struct({ maxSurge: scalar }) } }), patchStrategy: ['retainKeys'] },
  selector: { schema: { kind: 'map', element: scalarSchema }, patchStrategy: ['replace'] },
});

const nginx = { name: 'nginx', image: 'nginx:1' };
const sidecar = { name: 'sidecar', image: 'envoy' };

test.each<[string, Record<string, unknown>, Record<string, unknown>, Record<string, unknown>]>([
  ['merges maps, null removes', { labels: { a: '1', b: '2' } }, { labels: { a: null, c: '3' } }, { labels: { b: '2', c: '3' } }],
  [
    'merges list items by key',
    { containers: [nginx, sidecar] },
    { containers: [{ name: 'sidecar', image: 'envoy:2' }] },
    { containers: [nginx, { name: 'sidecar', image: 'envoy:2' }] },
  ],
  ['puts new items first', { containers: [nginx] }, { containers: [sidecar] }, { containers: [sidecar, nginx] }],
  ['replaces lists without a strategy', { tolerations: [{ key: 'a' }] }, { tolerations: [{ key: 'b' }] }, { tolerations: [{ key: 'b' }] }],
  ['adds to a set of scalars', { finalizers: ['a'] }, { finalizers: ['b', 'a'] }, { finalizers: ['b', 'a'] }],
  ['takes from a set of scalars', { finalizers: ['a', 'b'] }, { '$deleteFromPrimitiveList/finalizers': ['a'] }, { finalizers: ['b'] }],
  ['deletes an item', { containers: [nginx, sidecar] }, { containers: [{ $patch: 'delete', name: 'nginx' }] }, { containers: [sidecar] }],
  ['deletes what is not there', { containers: [nginx] }, { containers: [{ $patch: 'delete', name: 'x' }] }, { containers: [nginx] }],
  ['replaces a list', { containers: [nginx] }, { containers: [{ $patch: 'replace' }, sidecar] }, { containers: [sidecar] }],
  ['replaces a map', { labels: { a: '1' } }, { labels: { $patch: 'replace', b: '2' } }, { labels: { b: '2' } }],
  ['empties a map', { labels: { a: '1' } }, { labels: { $patch: 'delete' } }, { labels: {} }],
  ['replaces a map whose strategy is replace', { selector: { a: '1' } }, { selector: { b: '2' } }, { selector: { b: '2' } }],
  [
    'retains only the keys named',
    { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
    { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    { strategy: { type: 'Recreate' } },
  ],
  [
    'orders elements, those of the server where they stood',
    { containers: [{ name: 'a' }, { name: 'b' }, { name: 'x' }] },
    { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] },
    { containers: [{ name: 'b' }, { name: 'a' }, { name: 'x' }] },
  ],
  [
    'orders and merges at once',
    { containers: [nginx, sidecar] },
    { '$setElementOrder/containers': [{ name: 'new' }, { name: 'nginx' }], containers: [{ name: 'new', image: 'x' }] },
    { containers: [{ name: 'new', image: 'x' }, nginx, sidecar] },
  ],
  [
    'drops nulls and directives of new parts',
    {},
    {
      labels: { a: null, b: '1' },
      containers: [
        { $patch: 'delete', name: 'x' },
        { ...nginx, args: null },
      ],
    },
    { labels: { b: '1' }, containers: [nginx] },
  ],
  ['removes an ordered list by null', { containers: [nginx] }, { containers: null, '$setElementOrder/containers': [] }, {}],
])('a strategic merge patch %s', (_name, before, patch, after) => {
  expect(applyStrategicMergePatch(deepFreeze(before), deepFreeze(patch), schema)).toEqual(after);
});

test.each<[string, Record<string, unknown>, number, string]>([
  ['an item without its key', { containers: [{ image: 'x' }] }, 422, 'map: {"image":"x"} does not contain declared merge key: name'],
  ['an unknown directive', { labels: { $patch: 'explode' } }, 422, 'unknown patch type: explode in map: {"$patch":"explode"}'],
])('%s is refused', (_name, patch, code, cause) => {
  const attempt = (): unknown => applyStrategicMergePatch({ containers: [nginx], labels: { a: '1' } }, patch, schema);
  expect(attempt).toThrow(expect.objectContaining({ code, cause: expect.objectContaining({ message: cause }) }));
});

test('directives of a wrong form are refused', () => {
  const apply = (patch: Record<string, unknown>): unknown => applyStrategicMergePatch({ containers: [nginx] }, patch, schema);
  expect(() => apply({ '$setElementOrder/containers': 1 })).toThrow('invalid patch format of setElementOrder list');
  expect(() => apply({ '$setElementOrder/containers': [], containers: [sidecar] })).toThrow('invalid patch format of setElementOrder list');
  expect(() => apply({ strategy: { $retainKeys: ['type'], rollingUpdate: {} } })).not.toThrow();
  expect(() => applyStrategicMergePatch({ strategy: {} }, { strategy: { $retainKeys: ['type'], rollingUpdate: {} } }, schema)).toThrow(
    'invalid patch format of retainKeys',
  );
});

test('three ways: what was applied before and is no more goes, what others have set stays', () => {
  const last = { labels: { a: '1', gone: 'x' }, containers: [nginx, { name: 'old', image: 'o' }] };
  const modified = { labels: { a: '2' }, containers: [nginx] };
  const current = { labels: { a: '1', gone: 'x', theirs: 'y' }, containers: [nginx, { name: 'old', image: 'o' }, sidecar] };
  const patch = createThreeWayMergePatch(last, modified, current, schema);
  expect(patch).toEqual({
    labels: { a: '2', gone: null },
    containers: [{ $patch: 'delete', name: 'old' }],
    '$setElementOrder/containers': [{ name: 'nginx' }],
  });
  expect(applyStrategicMergePatch(current, patch, schema)).toEqual({ labels: { a: '2', theirs: 'y' }, containers: [nginx, sidecar] });
});

test('three ways: a change of strategy retains only its keys', () => {
  const current = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } };
  const patch = createThreeWayMergePatch({}, { strategy: { type: 'Recreate' } }, current, schema);
  expect(patch).toEqual({ strategy: { type: 'Recreate', $retainKeys: ['type'] } });
});

const word = fc.constantFrom('a', 'b', 'c', 'constructor');
const ports = fc.uniqueArray(fc.record({ containerPort: fc.constantFrom(1, 2, 3), name: word }, { requiredKeys: ['containerPort'] }), {
  selector: (item) => item.containerPort,
});
const containers = fc.uniqueArray(
  fc.record({ name: word, image: word, args: fc.array(word, { maxLength: 2 }), ports }, { requiredKeys: ['name'] }),
  { selector: (item) => item.name },
);
const object = fc.record(
  {
    labels: fc.dictionary(word, word),
    containers,
    finalizers: fc.uniqueArray(word),
    tolerations: fc.array(fc.record({ key: word }), { maxLength: 2 }),
    strategy: fc.record({ type: word, rollingUpdate: fc.record({ maxSurge: word }) }, { requiredKeys: [] }),
    selector: fc.dictionary(word, word),
  },
  { requiredKeys: [] },
);

test('a created patch leads to its target, and twice is as good as once', () => {
  fc.assert(
    fc.property(object, object, (before, after) => {
      const patch = createStrategicMergePatch(before, after, schema);
      const result = applyStrategicMergePatch<object>(before, patch, schema);
      expect(result).toEqual(after);
      expect(applyStrategicMergePatch(result, patch, schema)).toEqual(after);
      expect(createStrategicMergePatch(after, after, schema)).toEqual({});
    }),
  );
});

test('applied three ways, an object has all that its configuration says', () => {
  fc.assert(
    fc.property(object, object, object, (last, modified, current) => {
      const result = applyStrategicMergePatch<object>(current, createThreeWayMergePatch(last, modified, current, schema), schema);
      expect(createThreeWayMergePatch(modified, modified, result, schema)).toEqual({});
    }),
  );
});
