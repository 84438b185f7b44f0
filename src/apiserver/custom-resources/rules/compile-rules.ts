import { jsonEqual, type FieldError } from '#apimachinery';
import { itemsByKey, keyOfItem } from '../schema/correlate.ts';
import { additionalOf, fieldPath, isJson, itemsOf, type Schema } from '../schema/schema.ts';
import { RuleBudget, RuleSet } from './rule.ts';

/** What the rules of a schema say about an object. `old` is undefined when it is new. */
export type CheckRules = (value: unknown, old: unknown) => FieldError[];

interface Run {
  errors: FieldError[];
  budget: RuleBudget;
}

/** False when nothing more is to be checked. */
type Visit = (value: unknown, old: unknown, path: string, run: Run) => boolean;

/** Compiles the rules of a schema; undefined when there are none. Each rule is compiled when it is first needed. */
export function compileRules(schema: Schema): CheckRules | undefined {
  const visit = compile(schema, true);
  if (visit === undefined) return undefined;
  return (value, old) => {
    const run: Run = { errors: [], budget: new RuleBudget() };
    visit(value, old, '', run);
    return run.errors;
  };
}

function compile(schema: Schema, isRoot = false): Visit | undefined {
  const visits = [ownRules(schema, isRoot), fields(schema), items(schema)].filter((visit) => visit !== undefined);
  if (visits.length === 0) return undefined;
  return (value, old, path, run) => value === null || value === undefined || visits.every((visit) => visit(value, old, path, run));
}

function ownRules(schema: Schema, isRoot: boolean): Visit | undefined {
  const rules = schema['x-kubernetes-validations'] ?? [];
  if (rules.length === 0) return undefined;
  let set: RuleSet | undefined;
  return (value, old, path, { errors, budget }) => {
    set ??= RuleSet.compile(schema, rules, isRoot);
    return set.check(value, old, path, budget, old !== undefined && jsonEqual(value, old), errors);
  };
}

function fields(schema: Schema): Visit | undefined {
  const named = new Map<string, Visit>();
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const visit = compile(child);
    if (visit !== undefined) named.set(name, visit);
  }
  const free = additionalOf(schema);
  const others = free === undefined ? undefined : compile(free);
  if (named.size === 0 && others === undefined) return undefined;
  return (value, old, path, run) => {
    if (!isJson(value)) return true;
    const visitField = (name: string, visit: Visit): boolean => {
      if (!Object.hasOwn(value, name)) return true;
      const before = isJson(old) && Object.hasOwn(old, name) ? old[name] : undefined;
      return visit(value[name], before, fieldPath(path, name), run);
    };
    if (others !== undefined) return Object.keys(value).every((name) => visitField(name, named.get(name) ?? others));
    for (const [name, visit] of named) if (!visitField(name, visit)) return false;
    return true;
  };
}

function items(schema: Schema): Visit | undefined {
  const item = itemsOf(schema);
  const visit = item === undefined ? undefined : compile(item);
  if (visit === undefined) return undefined;
  return (value, old, path, run) => {
    if (!Array.isArray(value)) return true;
    const before = itemsByKey(schema, old);
    return value.every((item, i) => visit(item, before?.get(keyOfItem(schema, item) ?? ''), `${path}[${i}]`, run));
  };
}
