import { existsSync, readFileSync } from 'node:fs';
import { assert, nat, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '#apimachinery';
import type { KindDefinition } from '../kind-definition.ts';
import { codecOf } from '../schema/index.ts';
import { NOW } from './core.fixture.ts';
import { coreKinds } from './index.ts';

const REFERENCE = new URL('../../../../shared/reference/roundtrip/', import.meta.url);
const fileOf = (kind: string): URL => new URL(`core.v1.${kind}.json`, REFERENCE);
const described = coreKinds.filter(({ kind }) => existsSync(fileOf(kind)));

/** A source of numbers from 0 to 1 that the test's input determines. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

const STRANGE_TEXTS = ['', '-', '../x', 'None', 'x'.repeat(300)];
const STRANGE_NUMBERS = [0, -1, 70000, 2 ** 31 - 1];

/** The value with parts left out, doubled, or replaced by others of the same type. */
function spoil(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) {
    const kept = value.filter(() => random() > 0.15).map((item) => spoil(item, random));
    return random() < 0.2 && kept.length > 0 ? [...kept, kept[0]] : kept;
  }
  if (typeof value === 'object' && value !== null) {
    const kept = Object.entries(value).filter(([key]) => key === 'metadata' || random() > 0.12);
    return Object.fromEntries(kept.map(([key, part]) => [key, spoil(part, random)]));
  }
  if (typeof value === 'string' && random() < 0.05) return STRANGE_TEXTS[Math.floor(random() * STRANGE_TEXTS.length)];
  if (typeof value === 'number' && random() < 0.1) return STRANGE_NUMBERS[Math.floor(random() * STRANGE_NUMBERS.length)];
  return value;
}

/** The object as it would arrive; undefined when it would be refused before the kind gets to see it. */
function arrive(kind: string, sample: object, seed: number): KubeObject | undefined {
  try {
    return codecOf('', 'v1', kind)?.decode<KubeObject>(spoil(sample, randomFrom(seed))).object;
  } catch {
    return undefined;
  }
}

function useEverything(definition: KindDefinition, object: KubeObject, old: KubeObject): void {
  const context = { now: NOW, subresource: '', warn() {} };
  definition.defaults?.(object);
  definition.row?.(object, NOW);
  definition.gracePeriod?.(object);
  for (const of of Object.values(definition.selectableFields ?? {})) of(object);
  for (const subresource of ['', 'binding', 'ephemeralcontainers', 'resize']) {
    const wanted = structuredClone(object);
    definition.prepareForUpdate?.(wanted, old, context);
    definition.validateUpdate?.(wanted, old, subresource).forEach(String);
  }
  const status = structuredClone(object);
  definition.prepareForStatusUpdate?.(status, old, context);
  definition.validateStatusUpdate?.(status, old).forEach(String);
  definition.prepareForCreate?.(object, context);
  definition.validate?.(object).forEach(String);
  definition.validateCreate?.(object).forEach(String);
  definition.warnings?.(object, undefined);
}

describe('whatever a client sends', () => {
  test.each(described.map((definition) => [definition.kind, definition] as const))('%s stands it', (kind, definition) => {
    const sample = JSON.parse(readFileSync(fileOf(kind), 'utf8')) as object;
    const law = property(nat(), nat(), (one, other) => {
      const object = arrive(kind, sample, one);
      const old = arrive(kind, sample, other);
      if (object === undefined || old === undefined) return;
      definition.defaults?.(old);
      expect(() => useEverything(definition, object, old)).not.toThrow();
    });
    assert(law, { numRuns: 40 });
  });
});
