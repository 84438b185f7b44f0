import type { FieldError } from '#apimachinery';
import { ratcheted, type Check } from './check.ts';
import { combinationChecks } from './check-combinations.ts';
import { listChecks, objectChecks } from './check-containers.ts';
import { embeddedResourceCheck } from './check-embedded.ts';
import { compileType, reportType, scalarChecks } from './check-scalars.ts';
import type { Schema } from './schema.ts';

/** What is wrong with a value. With `old`, what was wrong already and has not changed is passed over. */
export type Validate = (value: unknown, old?: unknown, path?: string) => FieldError[];

/** Compiles everything in a schema but its rules. */
export function compileValidation(schema: Schema): Validate {
  const check = compile(schema);
  return (value, old, path = '') => {
    if (check === undefined) return [];
    const run = { errors: [] as FieldError[], ratcheting: false };
    check(value, old, path, run);
    if (run.errors.length === 0 || old === undefined) return run.errors;
    const again = { errors: [] as FieldError[], ratcheting: true };
    check(value, old, path, again);
    return again.errors;
  };
}

/** Undefined when the schema says nothing: its part of the object is not even visited. */
function compile(schema: Schema): Check | undefined {
  const wrongType = compileType(schema);
  const checks = [
    ...scalarChecks(schema),
    ...listChecks(schema, compile),
    ...objectChecks(schema, compile),
    ...combinationChecks(schema, compile),
    ...(schema['x-kubernetes-embedded-resource'] === true ? [embeddedResourceCheck] : []),
  ];
  if (wrongType === undefined && checks.length === 0) return undefined;
  const isNullable = schema.nullable === true;
  return ratcheted((value, old, path, run) => {
    if (value === null && isNullable) return;
    const wanted = wrongType?.(value);
    if (wanted !== undefined) reportType(wanted)(value, old, path, run);
    if (value === null) return;
    for (const check of checks) check(value, old, path, run);
  });
}
