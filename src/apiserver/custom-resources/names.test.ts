import { describe, expect, it } from 'vitest';
import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '#api/generated/apiextensions-v1.ts';
import { grantNames } from './names.ts';

const NAMES: CustomResourceDefinitionNames = {
  plural: 'widgets',
  singular: 'widget',
  shortNames: ['wd'],
  kind: 'Widget',
  listKind: 'WidgetList',
};

function definition(names: CustomResourceDefinitionNames, status?: Partial<CustomResourceDefinition['status']>): CustomResourceDefinition {
  const spec = { group: 'example.com', scope: 'Namespaced', names, versions: [] };
  return {
    metadata: { name: `${names.plural}.example.com` },
    spec,
    status: { storedVersions: [], ...status },
  } as unknown as CustomResourceDefinition;
}

const condition = (type: string, status: string, reason: string, message: string) => ({ type, status, reason, message });

describe('the names of a definition', () => {
  it('are granted when nobody has them', () => {
    expect(grantNames(definition(NAMES), [])).toEqual({
      names: { ...NAMES, categories: undefined },
      conditions: [
        condition('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
    });
  });

  it.each<[string, Partial<CustomResourceDefinitionNames>, string, string]>([
    ['the plural', { plural: 'x', singular: 'widgets' }, 'PluralConflict', '"widgets" is already in use'],
    ['the singular', { singular: 'widget' }, 'SingularConflict', '"widget" is already in use'],
    ['a short name', { shortNames: ['wd'] }, 'ShortNamesConflict', '"wd" is already in use'],
    ['the kind', { kind: 'Widget' }, 'KindConflict', '"Widget" is already in use'],
    ['the kind of lists', { listKind: 'WidgetList' }, 'ListKindConflict', '"WidgetList" is already in use'],
  ])('are refused when another has %s', (_, other, reason, message) => {
    const { conditions } = grantNames(definition(NAMES), [{ plural: 'others', kind: 'Other', ...other }]);
    expect(conditions).toEqual([
      condition('NamesAccepted', 'False', reason, message),
      condition('Established', 'False', 'NotAccepted', 'not all names are accepted'),
    ]);
  });

  it('are kept by who has them, and what is established stays so', () => {
    const established = { ...condition('Established', 'True', 'InitialNamesAccepted', 'x'), lastTransitionTime: '2026-01-01T00:00:00Z' };
    const own = definition({ ...NAMES, shortNames: ['wd', 'taken'] }, { acceptedNames: NAMES, conditions: [established] });
    const { names, conditions } = grantNames(own, [{ plural: 'taken', kind: 'Taken' }]);
    expect(names.shortNames).toEqual(['wd']);
    expect(conditions).toMatchObject([{ reason: 'ShortNamesConflict' }, { type: 'Established', status: 'True' }]);
  });
});
