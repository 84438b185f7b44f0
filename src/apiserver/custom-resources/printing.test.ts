import { describe, expect, it } from 'vitest';
import { compileJsonPath } from './json-path.ts';
import { printingOf } from './printer-columns.ts';
import { SimplePath } from './simple-path.ts';

const status = {
  conditions: [
    { type: 'Synced', status: 'False' },
    { type: 'Ready', status: 'True' },
  ],
  addresses: ['a', 'b'],
  'dotted.name': 1,
};

describe('a JSONPath', () => {
  it.each([
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type=='Ready')].status", ['True']],
    ['.status.conditions[?(@.status != "True")].type', ['Synced']],
    ['.status.addresses[0]', ['a']],
    ['.status.addresses[-1]', ['b']],
    ['.status.addresses[*]', ['a', 'b']],
    ['.status.conditions[*].type', ['Synced', 'Ready']],
    ['.status.conditions[1:].type', ['Ready']],
    ['.status.dotted\\.name', [1]],
    [".status['dotted.name']", [1]],
    ['..type', ['Synced', 'Ready']],
    ['.status.nothing.here', []],
  ])('%s finds %j', (path, expected) => {
    expect(compileJsonPath(path)?.({ status })).toEqual(expected);
  });

  it('that is none is not compiled', () => {
    expect(compileJsonPath('status')).toBeUndefined();
    expect(compileJsonPath('.a[')).toBeUndefined();
  });
});

describe('printer columns', () => {
  const now = new Date('2026-01-02T00:00:00Z');
  const metadata = { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z' };
  const object = { metadata, spec: { count: 3.7, name: 'n', on: true, list: ['a'], when: '2025-12-31T00:00:00Z' } };
  const column = (type: string, jsonPath: string) => ({ name: type, type, jsonPath });

  it('show name and age where none are defined', () => {
    const { columns, row } = printingOf(undefined);
    expect(columns.map(({ name }) => name)).toEqual(['Name', 'Age']);
    expect(row(object, now)).toEqual(['x', '24h']);
  });

  it('show values by their type', () => {
    const { columns, row } = printingOf([
      column('integer', '.spec.count'),
      column('string', '.spec.list'),
      column('boolean', '.spec.on'),
      column('date', '.spec.when'),
      column('integer', '.spec.name'),
      { ...column('string', '.spec.nothing'), priority: 1 },
    ]);
    expect(row(object, now)).toEqual(['x', 3, '["a"]', true, '2d', null, null]);
    expect(columns.at(-1)).toMatchObject({
      priority: 1,
      description: 'Custom resource definition column (in JSONPath format): .spec.nothing',
    });
  });
});

describe('a path of names', () => {
  it('is read and written', () => {
    const path = new SimplePath('.spec.deep.replicas');
    const object = { spec: {} };
    path.set(object, 3);
    expect(object).toEqual({ spec: { deep: { replicas: 3 } } });
    expect([path.get(object), path.get({}), String(path)]).toEqual([3, undefined, 'spec.deep.replicas']);
  });
});
