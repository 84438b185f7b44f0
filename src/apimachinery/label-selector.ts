import {
  formatRequirement,
  InvalidSelector,
  isInteger,
  requirement,
  type Requirement,
  type SelectorOperator,
} from './label-requirement.ts';
import type { LabelSelector } from './object.ts';

/** An object's labels. */
export type Labels = Readonly<Record<string, string>>;

type Match = (labels: Labels) => boolean;

/** A compiled label selector. Immutable. */
export class Selector {
  /** Sorted by key. All have to hold. */
  readonly requirements: readonly Requirement[];
  /** Whether the labels meet every requirement; an object without labels has none of them. */
  readonly matches: (labels: Labels | undefined) => boolean;
  readonly #nothing: boolean;

  constructor(requirements: readonly Requirement[], nothing = false) {
    this.requirements = requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    this.#nothing = nothing;
    this.matches = nothing ? () => false : compile(this.requirements);
  }

  get isEverything(): boolean {
    return !this.#nothing && this.requirements.length === 0;
  }

  get isNothing(): boolean {
    return this.#nothing;
  }

  /** The string form: `app=web,tier in (a,b),!old`. */
  toString(): string {
    return this.requirements.map(formatRequirement).join(',');
  }
}

/** Selects every object. */
export const everything: Selector = new Selector([]);
/** Selects no object. */
export const nothing: Selector = new Selector([], true);

const NO_LABELS: Labels = {};

function compile(requirements: readonly Requirement[]): (labels: Labels | undefined) => boolean {
  const tests = requirements.map(compileRequirement);
  if (tests.length === 0) return () => true;
  if (tests.length === 1) {
    const only = tests[0]!;
    return (labels) => only(labels ?? NO_LABELS);
  }
  return (labels) => {
    for (const test of tests) if (!test(labels ?? NO_LABELS)) return false;
    return true;
  };
}

function compileRequirement({ key, operator, values }: Requirement): Match {
  const first = values[0] ?? '';
  switch (operator) {
    case '=':
    case '==':
      return (labels) => labels[key] === first;
    case '!=':
      return (labels) => labels[key] !== first;
    case 'in':
    case 'notin': {
      const set = new Set<string | undefined>(values);
      const wanted = operator === 'in';
      return (labels) => set.has(labels[key]) === wanted;
    }
    case 'exists':
      return (labels) => typeof labels[key] === 'string';
    case '!':
      return (labels) => typeof labels[key] !== 'string';
    case 'gt':
      return (labels) => isInteger(labels[key]) && BigInt(labels[key]) > BigInt(first);
    default:
      return (labels) => isInteger(labels[key]) && BigInt(labels[key]) < BigInt(first);
  }
}

const OPERATORS_OF_OBJECTS: Record<string, SelectorOperator> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

/**
 * Compiles a selector as it stands in objects. None (undefined or null) selects nothing, an empty one everything.
 * Throws InvalidSelector for an operator that there is not or values that do not fit it.
 */
export function selectorOf(selector: LabelSelector | undefined | null): Selector {
  if (selector === undefined || selector === null) return nothing;
  const requirements: Requirement[] = [];
  for (const key in selector.matchLabels) requirements.push(requirement(key, '=', [selector.matchLabels[key]!]));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = OPERATORS_OF_OBJECTS[operator];
    if (known === undefined) throw new InvalidSelector(`"${operator}" is not a valid label selector operator`);
    requirements.push(requirement(key, known, values ?? []));
  }
  return requirements.length === 0 ? everything : new Selector(requirements);
}

/** A selector of equalities, as Services and ReplicationControllers have them. None selects nothing, an empty one everything. */
export function selectorOfLabels(labels: Labels | undefined | null): Selector {
  return labels === undefined || labels === null ? nothing : selectorOf({ matchLabels: { ...labels } });
}

/** A selector of an object in string form; `<none>` for an empty one, `<error>` for one that is wrong. */
export function formatLabelSelector(selector: LabelSelector | undefined | null): string {
  try {
    return selectorOf(selector).toString() || '<none>';
  } catch (error) {
    if (error instanceof InvalidSelector) return '<error>';
    throw error;
  }
}
