import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applyObject,
  clone,
  compareObjects,
  deepFreeze,
  differenceOf,
  emptyFieldSet,
  fieldSetOf,
  jsonEqual,
  leavesOf,
  trackUpdate,
  unionOf,
  UNOWNED,
  withoutSubtrees,
  type ApplyRequest,
  type FieldSet,
  type KubeObject,
} from '../index.ts';
import { schema, web, withContainers } from './test-schema.ts';

const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

function apply(
  live: KubeObject | undefined,
  applied: KubeObject,
  options: Partial<Pick<ApplyRequest, 'manager' | 'force'>> = {},
): KubeObject {
  return clone(applyObject(deepFreeze({ live, applied, manager: 'me', apiVersion: 'apps/v1', schema, now: at(0), ...options })).object);
}

const word = fc.constantFrom('a', 'b', 'constructor');
const container = fc.record(
  {
    name: word,
    image: word,
    args: fc.array(word, { maxLength: 2, minLength: 1 }),
    env: fc.uniqueArray(fc.record({ name: word, value: word }), { selector: (item) => item.name, minLength: 1 }),
  },
  { requiredKeys: ['name'] },
);
const configuration = fc
  .record({
    replicas: fc.option(fc.nat(3), { nil: undefined }),
    strategy: fc.option(fc.record({ type: word }), { nil: undefined }),
    containers: fc.uniqueArray(container, { selector: (item) => item.name, minLength: 1 }),
    labels: fc.option(fc.dictionary(word, word, { minKeys: 1 }), { nil: undefined }),
    finalizers: fc.option(fc.uniqueArray(word, { minLength: 1 }), { nil: undefined }),
  })
  .map(({ replicas, strategy, containers, labels, finalizers }) =>
    clone(web({ replicas, strategy, ...withContainers(...containers) }, { labels, finalizers })),
  );

const bare = (object: KubeObject): KubeObject => clone({ ...object, metadata: { ...object.metadata, managedFields: undefined } });

test('alone, an applier gets exactly what it applies, whatever it applied before', () => {
  fc.assert(
    fc.property(configuration, configuration, (first, second) => {
      expect(bare(apply(apply(undefined, first), second))).toEqual(second);
    }),
  );
});

test('applying twice is as good as applying once', () => {
  fc.assert(
    fc.property(configuration, configuration, (theirs, mine) => {
      const once = apply(apply(undefined, theirs, { manager: 'other' }), mine, { force: true });
      const again = applyObject({ live: once, applied: mine, manager: 'me', apiVersion: 'apps/v1', schema, now: at(9) });
      expect(again.changed).toBe(false);
    }),
  );
});

test('after any apply, all that it says holds, and nobody who was not forced out has lost anything', () => {
  fc.assert(
    fc.property(configuration, configuration, (theirs, mine) => {
      const live = apply(undefined, theirs, { manager: 'other' });
      const both = apply(live, mine, { force: true });
      const back = apply(both, theirs, { manager: 'other', force: true });
      const alone = apply(back, web(), { manager: 'me' });
      expect(sortedItems(bare(alone))).toEqual(sortedItems(theirs));
    }),
  );
});

/** The order of merged lists depends on who came first. */
function sortedItems(object: KubeObject): unknown {
  return JSON.parse(JSON.stringify(object), (_key, value: unknown) =>
    Array.isArray(value) && value.every((item) => typeof item === 'object' || value.length === new Set(value).size)
      ? value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : value,
  );
}

test('appliers of different fields commute', () => {
  fc.assert(
    fc.property(configuration, fc.dictionary(word, word, { minKeys: 1 }), (spec, annotations) => {
      const notes = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default', annotations } };
      const one = apply(apply(undefined, spec, { manager: 'a' }), notes, { manager: 'b' });
      const two = apply(apply(undefined, notes, { manager: 'b' }), spec, { manager: 'a' });
      expect(jsonEqual(one, two)).toBe(true);
    }),
  );
});

const step = fc.record({ object: configuration, manager: word, applies: fc.boolean() });

test('whatever happens, nobody owns what is not there, and everything has an owner', () => {
  fc.assert(
    fc.property(configuration, fc.array(step, { maxLength: 5 }), (first, steps) => {
      const created = trackUpdate(undefined, first, { manager: 'creator', apiVersion: 'apps/v1', schema, now: at(0) });
      let live: KubeObject = { ...first, metadata: { ...first.metadata, uid: 'u', managedFields: created } };
      steps.forEach(({ object, manager, applies }, index) => {
        live = applies ? apply(live, object, { manager, force: true }) : update(live, object, manager, index);
        const owned = (live.metadata.managedFields ?? []).reduce<FieldSet>(
          (all, entry) => unionOf(all, (entry.fieldsV1 ?? {}) as FieldSet),
          {},
        );
        expect(differenceOf(owned, fieldsOf(live))).toEqual(emptyFieldSet);
        const leaves = leavesOf(withoutSubtrees(fieldSetOf(live, schema), UNOWNED));
        expect(differenceOf(leaves, owned)).toEqual(emptyFieldSet);
      });
    }),
  );
});

function update(live: KubeObject, object: KubeObject, manager: string, second: number): KubeObject {
  const next = { ...object, metadata: { ...object.metadata, uid: 'u' } };
  const managedFields = trackUpdate(deepFreeze(live), deepFreeze(next), { manager, apiVersion: 'apps/v1', schema, now: at(second) });
  return { ...next, metadata: { ...next.metadata, managedFields } };
}

/** Every field of an object, those that hold others included. */
function fieldsOf(object: KubeObject): FieldSet {
  return unionOf(fieldSetOf(object, schema), compareObjects({}, object, schema)?.added ?? {});
}

test('a comparison with itself is empty, and the other way round it swaps what came with what went', () => {
  fc.assert(
    fc.property(configuration, configuration, (a, b) => {
      expect(compareObjects(a, clone(a), schema)).toBeUndefined();
      const there = compareObjects(a, b, schema);
      const back = compareObjects(b, a, schema);
      expect(back?.removed).toEqual(there?.added);
      expect(back?.modified).toEqual(there?.modified);
    }),
  );
});
