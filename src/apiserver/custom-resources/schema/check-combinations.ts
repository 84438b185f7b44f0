import { reportComposite, type Check, type Run } from './check.ts';
import type { Schema } from './schema.ts';

const PASS: Check = () => undefined;

/** The checks of allOf, anyOf, oneOf and not. */
export function combinationChecks(schema: Schema, compile: (schema: Schema) => Check | undefined): Check[] {
  const each = (schemas: readonly Schema[]): Check[] => schemas.map((part) => compile(part) ?? PASS);
  const checks: Check[] = [];
  if (schema.anyOf !== undefined && schema.anyOf.length > 0) checks.push(anyOf(each(schema.anyOf)));
  if (schema.oneOf !== undefined && schema.oneOf.length > 0) checks.push(oneOf(each(schema.oneOf)));
  if (schema.allOf !== undefined && schema.allOf.length > 0) checks.push(allOf(each(schema.allOf)));
  if (schema.not !== undefined) checks.push(not(compile(schema.not) ?? PASS));
  return checks;
}

function outcomes(checks: readonly Check[], ...[value, old, path, { ratcheting }]: Parameters<Check>): Run['errors'][] {
  return checks.map((check) => {
    const run: Run = { errors: [], ratcheting };
    check(value, old, path, run);
    return run.errors;
  });
}

const isValid = (errors: Run['errors']): boolean => errors.length === 0;

/** What is wrong with the alternative that comes closest. */
function closest(failures: readonly Run['errors'][]): Run['errors'] {
  return failures.reduce((best, errors) => (errors.length < best.length ? errors : best));
}

const anyOf =
  (checks: readonly Check[]): Check =>
  (value, old, path, run) => {
    const all = outcomes(checks, value, old, path, run);
    if (all.some(isValid)) return;
    reportComposite(run, path, 'must validate at least one schema (anyOf)');
    run.errors.push(...closest(all));
  };

const oneOf =
  (checks: readonly Check[]): Check =>
  (value, old, path, run) => {
    const all = outcomes(checks, value, old, path, run);
    const valid = all.filter(isValid).length;
    if (valid === 1) return;
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    reportComposite(run, path, `must validate one and only one schema (oneOf). ${found}`);
    if (valid === 0) run.errors.push(...closest(all));
  };

const allOf =
  (checks: readonly Check[]): Check =>
  (value, old, path, run) => {
    const all = outcomes(checks, value, old, path, run);
    if (all.every(isValid)) return;
    run.errors.push(...all.flat());
    reportComposite(run, path, `must validate all the schemas (allOf)${all.some(isValid) ? '' : '. None validated'}`);
  };

const not =
  (check: Check): Check =>
  (value, old, path, run) => {
    if (outcomes([check], value, old, path, run).every(isValid)) reportComposite(run, path, 'must not validate the schema (not)');
  };
