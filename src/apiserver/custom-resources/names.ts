import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '#api/generated/apiextensions-v1.ts';
import { conditionOf, isTrue, type NewCondition } from './conditions.ts';

/** Which of the names that a definition asks for it gets. */
export interface Granted {
  names: CustomResourceDefinitionNames;
  conditions: NewCondition[];
}

interface Taken {
  resources: Set<string>;
  kinds: Set<string>;
}

function takenBy(others: Iterable<CustomResourceDefinitionNames>): Taken {
  const taken: Taken = { resources: new Set(), kinds: new Set() };
  for (const { plural, singular, shortNames = [], kind, listKind } of others) {
    for (const name of [plural, singular, ...shortNames]) if (name) taken.resources.add(name);
    for (const name of [kind, listKind]) if (name) taken.kinds.add(name);
  }
  return taken;
}

/** Decides about a definition's names; `others`: those that other definitions of its group have. Who has a name keeps it. */
export function grantNames(definition: CustomResourceDefinition, others: Iterable<CustomResourceDefinitionNames>): Granted {
  const wanted = definition.spec.names;
  const had = definition.status?.acceptedNames ?? { plural: '', kind: '' };
  const taken = takenBy(others);
  const { plural, singular, shortNames, kind, listKind } = had;
  // Always in this order, so that the same names are the same text.
  const names: CustomResourceDefinitionNames = { plural, singular, shortNames, kind, listKind, categories: wanted.categories };
  let refusal: NewCondition | undefined;
  const grant = (field: 'plural' | 'singular' | 'kind' | 'listKind', all: ReadonlySet<string>, reason: string): void => {
    const name = wanted[field];
    if (name === undefined) return;
    if (name !== had[field] && all.has(name)) refusal = refused(reason, `${JSON.stringify(name)} is already in use`);
    else names[field] = name;
  };
  grant('plural', taken.resources, 'PluralConflict');
  grant('singular', taken.resources, 'SingularConflict');
  const inUse = (wanted.shortNames ?? []).filter((name) => !had.shortNames?.includes(name) && taken.resources.has(name));
  if (inUse.length > 0)
    refusal = refused('ShortNamesConflict', inUse.map((name) => `${JSON.stringify(name)} is already in use`).join(', '));
  else names.shortNames = wanted.shortNames;
  grant('kind', taken.kinds, 'KindConflict');
  grant('listKind', taken.kinds, 'ListKindConflict');
  return { names, conditions: [refusal ?? ACCEPTED, established(definition, refusal === undefined)] };
}

const ACCEPTED: NewCondition = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
const ESTABLISHED: NewCondition = {
  type: 'Established',
  status: 'True',
  reason: 'InitialNamesAccepted',
  message: 'the initial names have been accepted',
};

function refused(reason: string, message: string): NewCondition {
  return { type: 'NamesAccepted', status: 'False', reason, message };
}

/** Once established, always established: later names that are refused change nothing. */
function established(definition: CustomResourceDefinition, accepted: boolean): NewCondition {
  const old = conditionOf(definition, 'Established');
  if (old !== undefined && isTrue(definition, 'Established')) return old;
  return accepted ? ESTABLISHED : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
}
