import { expect, test } from 'vitest';
import {
  root,
  validateFinalizers,
  validateImmutable,
  validateLabelSelector,
  validateObjectMeta,
  validateObjectMetaUpdate,
  type ObjectMeta,
} from '../index.ts';

const texts = (meta: Partial<ObjectMeta>, namespaced = true): string[] =>
  validateObjectMeta({ name: 'a', namespace: namespaced ? 'default' : undefined, ...meta }, { namespaced }).map(String);

test('ordinary metadata is fine', () => {
  expect(
    texts({
      labels: { app: 'web', 'example.com/x': '' },
      annotations: { 'Example.com/Any': 'any text\n' },
      finalizers: ['example.com/x', 'foregroundDeletion'],
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'u', controller: true }],
    }),
  ).toEqual([]);
});

test('a name is required', () => {
  expect(texts({ name: '' })).toEqual(['metadata.name: Required value: name or generateName is required']);
});

test('a namespace is required for namespaced kinds only', () => {
  expect(texts({ namespace: '' })).toEqual(['metadata.namespace: Required value']);
  expect(texts({ namespace: 'x' }, false)).toEqual(['metadata.namespace: Forbidden: not allowed on this type']);
});

test('labels are named as a whole', () => {
  expect(texts({ labels: { a: 'x'.repeat(64) } })).toEqual([
    `metadata.labels: Invalid value: "${'x'.repeat(64)}": must be no more than 63 bytes`,
  ]);
});

test('annotations together have a limit', () => {
  expect(texts({ annotations: { a: 'x'.repeat(256 * 1024 - 1) } })).toEqual([]);
  expect(texts({ annotations: { a: 'x'.repeat(256 * 1024) } })).toEqual([
    'metadata.annotations: Too long: may not be more than 262144 bytes',
  ]);
});

test('only one owner controls', () => {
  const owner = { apiVersion: 'v1', kind: 'Pod', uid: 'u', controller: true };
  const [text] = texts({
    ownerReferences: [
      { ...owner, name: 'a' },
      { ...owner, name: 'b' },
    ],
  });
  expect(text).toMatch(
    /^metadata\.ownerReferences: Invalid value: \[\{.*\}\]: Only one reference can have Controller set to true\. Found "true" in references for a and b$/,
  );
});

test('an owner must be complete', () => {
  expect(texts({ ownerReferences: [{ apiVersion: '', kind: '', name: 'x', uid: '' }] })).toEqual([
    'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
    'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
    'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ]);
});

test('finalizers need a domain unless they are standard ones', () => {
  expect(validateFinalizers(['kubernetes', 'mine'], root.child('metadata', 'finalizers')).map(String)).toEqual([
    'metadata.finalizers[1]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
  ]);
});

const stored: ObjectMeta = { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };

test('an update keeps what identifies the object', () => {
  expect(validateObjectMetaUpdate({ ...stored, resourceVersion: '2' }, stored)).toEqual([]);
  expect(validateObjectMetaUpdate({ ...stored, name: 'b', uid: 'v' }, stored).map(String)).toEqual([
    'metadata.name: Invalid value: "b": field is immutable',
    'metadata.uid: Invalid value: "v": field is immutable',
  ]);
  expect(validateObjectMetaUpdate({ ...stored, resourceVersion: '' }, stored).map(String)).toEqual([
    'metadata.resourceVersion: Invalid value: "": must be specified for an update',
  ]);
});

test('an object on its way out gets no more finalizers', () => {
  const old = { ...stored, deletionTimestamp: '2026-01-01T00:00:01Z', finalizers: ['a/b'] };
  expect(validateObjectMetaUpdate({ ...old, finalizers: ['a/b', 'c/d'] }, old).map(String)).toEqual([
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}',
  ]);
  expect(validateObjectMetaUpdate({ ...old, finalizers: [] }, old)).toEqual([]);
});

test('an immutable field may change between absent and empty', () => {
  expect(validateImmutable([], undefined, root.child('x'))).toEqual([]);
  expect(validateImmutable({ a: 1 }, { a: 2 }, root.child('x')).map(String)).toEqual(['x: Invalid value: {"a":1}: field is immutable']);
});

test('a label selector’s requirements have the values that their operator wants', () => {
  const matchExpressions = [
    { key: 'a', operator: 'In' },
    { key: 'a', operator: 'Exists', values: ['x'] },
    { key: 'a', operator: 'Like' },
  ];
  expect(validateLabelSelector({ matchExpressions }, root.child('spec', 'selector')).map(String)).toEqual([
    "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    "spec.selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    'spec.selector.matchExpressions[2].operator: Invalid value: "Like": not a valid selector operator',
  ]);
});
