import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applyJsonPatch,
  applyMergePatch,
  createMergePatch,
  decodeJsonPatch,
  decodePatchMap,
  deepFreeze,
  type JsonPatchOperation,
} from '../index.ts';

const { map } = fc.letrec<{ value: unknown; map: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, fc.constantFrom(1, 'x', true), fc.array(tie('value'), { maxLength: 3 }), tie('map')),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor'), tie('value')),
}));

test.each<[string, unknown, JsonPatchOperation[], unknown]>([
  ['adds a field', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
  ['adds in a list', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
  ['appends', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
  ['counts from the end', { a: [1, 2] }, [{ op: 'remove', path: '/a/-1' }], { a: [1] }],
  ['removes', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
  ['replaces', { a: { b: 1 } }, [{ op: 'replace', path: '/a/b', value: [] }], { a: { b: [] } }],
  ['moves', { a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
  ['copies', { a: [1] }, [{ op: 'copy', from: '/a', path: '/b' }], { a: [1], b: [1] }],
  [
    'tests and goes on',
    { a: 1 },
    [
      { op: 'test', path: '/a', value: 1 },
      { op: 'replace', path: '/a', value: 2 },
    ],
    { a: 2 },
  ],
  ['takes absent for null', { a: 1 }, [{ op: 'test', path: '/b', value: null }], { a: 1 }],
  ['unescapes', { 'x/y': { '~': 1 } }, [{ op: 'replace', path: '/x~1y/~0', value: 2 }], { 'x/y': { '~': 2 } }],
])('a JSON patch %s', (_name, before, patch, after) => {
  expect(applyJsonPatch(deepFreeze(before), patch)).toEqual(after);
});

test.each<[JsonPatchOperation, string]>([
  [{ op: 'replace', path: '/x', value: 1 }, 'replace operation does not apply: doc is missing path: /x: missing value'],
  [{ op: 'remove', path: '/x' }, 'remove operation does not apply: doc is missing path: /x: missing value'],
  [{ op: 'test', path: '/a', value: 2 }, 'testing value /a failed: test failed'],
  [{ op: 'add', path: '/x/y', value: 1 }, 'add operation does not apply: doc is missing path: /x/y: missing value'],
  [
    { op: 'add', path: '/l/3', value: 1 },
    'add operation does not apply: doc is missing path: /l/3: Unable to access invalid index: 3: invalid index referenced',
  ],
  [
    { op: 'replace', path: '/constructor/name', value: 1 },
    'replace operation does not apply: doc is missing path: /constructor/name: missing value',
  ],
])('%o does not apply', (step, cause) => {
  const attempt = (): unknown => applyJsonPatch({ a: 1, l: [1, 2] }, [step]);
  expect(attempt).toThrow(
    expect.objectContaining({
      code: 422,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
      cause: expect.objectContaining({ message: cause }),
    }),
  );
});

test('what is no JSON patch is refused', () => {
  expect(() => decodeJsonPatch({})).toThrow(
    expect.objectContaining({ code: 400, message: 'json: cannot unmarshal object into Go value of type jsonpatch.Patch' }),
  );
  expect(() => decodeJsonPatch(Array.from({ length: 10_001 }, () => ({ op: 'test', path: '' })))).toThrow(
    expect.objectContaining({
      code: 413,
      message: 'Request entity is too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    }),
  );
});

test('copies that multiply are stopped', () => {
  const patch: JsonPatchOperation[] = [{ op: 'add', path: '/a', value: 'x'.repeat(1024) }];
  for (let step = 0; step < 30; step++) patch.push({ op: 'copy', from: '', path: `/b${step}` });
  expect(() => applyJsonPatch({}, patch)).toThrow(expect.objectContaining({ code: 422 }));
});

test.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
])('merge patch of %o with %o', (target, patch, result) => {
  expect(applyMergePatch(deepFreeze(target) as unknown, deepFreeze(patch))).toEqual(result);
});

test('a merge patch of an object is a map', () => {
  expect(() => decodePatchMap([])).toThrow(
    expect.objectContaining({
      code: 400,
      message: 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    }),
  );
});

test('a created merge patch leads to its target, and twice is as good as once', () => {
  fc.assert(
    fc.property(map, map, (before, after) => {
      const patch = createMergePatch(before, after);
      const result = applyMergePatch(before, patch);
      expect(result).toEqual(after);
      expect(applyMergePatch(result, patch)).toEqual(after);
      expect(createMergePatch(after, after)).toEqual({});
    }),
  );
});
