import type { CustomResourceDefinition, ValidationRule } from '#api/generated/apiextensions-v1.ts';
import { clone, fieldInvalid, jsonEqual, root, type FieldError, type FieldPath } from '#apimachinery';
import { goRegExp } from '../cel/index.ts';
import { InvalidRule, RuleSet } from './rules/rule.ts';
import { compileDefaults } from './schema/defaults.ts';
import { compilePruning } from './schema/prune.ts';
import { additionalOf, isJson, itemsOf, type Schema } from './schema/schema.ts';
import { compileValidation } from './schema/validate.ts';

/** What is wrong with what schemas contain: patterns, defaults and rules. Versions that are as they were are not looked at. */
export function validateSchemaContents({ spec }: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  const path = root.child('spec', 'versions');
  return spec.versions.flatMap(({ name, schema }, i) => {
    const given = schema?.openAPIV3Schema;
    const before = old?.spec.versions.find((version) => version.name === name)?.schema?.openAPIV3Schema;
    if (given === undefined || jsonEqual(given, before)) return [];
    return validateContents(given, path.index(i).child('schema', 'openAPIV3Schema'), { isRoot: true, canCorrelate: true });
  });
}

interface Place {
  isRoot: boolean;
  /** Whether it can be said what stood there before. */
  canCorrelate: boolean;
}

function validateContents(schema: Schema, path: FieldPath, place: Place): FieldError[] {
  const inside = { ...place, isRoot: false };
  const errors = [...validatePattern(schema, path), ...validateDefault(schema, path), ...validateRules(schema, path, place)];
  for (const [name, child] of Object.entries(schema.properties ?? {}))
    errors.push(...validateContents(child, path.child('properties').key(name), inside));
  const free = additionalOf(schema);
  if (free !== undefined) errors.push(...validateContents(free, path.child('additionalProperties'), inside));
  const items = itemsOf(schema);
  const canCorrelate = place.canCorrelate && schema['x-kubernetes-list-type'] === 'map';
  if (items !== undefined) errors.push(...validateContents(items, path.child('items'), { isRoot: false, canCorrelate }));
  return errors;
}

function validatePattern({ pattern }: Schema, path: FieldPath): FieldError[] {
  if (!pattern || goRegExp(pattern) !== undefined) return [];
  return [fieldInvalid(path.child('pattern'), pattern, "must be a valid regular expression, but isn't")];
}

/** A default has to be what it would be after it has been written: nothing unknown in it, and valid. */
function validateDefault(schema: Schema, path: FieldPath): FieldError[] {
  if (schema.default === undefined) return [];
  const at = path.child('default');
  const value = { default: clone(schema.default) };
  const whole: Schema = { type: 'object', properties: { default: { ...schema, default: undefined } } };
  compileDefaults(whole)?.(value);
  const unknown: string[] = [];
  compilePruning(whole)(value, '', (name) => unknown.push(name));
  if (unknown.length > 0) return [fieldInvalid(at, schema.default, `must not have unknown fields`)];
  const errors = compileValidation({ ...schema, default: undefined })(value.default, undefined, String(at));
  return errors.filter(({ type }) => type !== 'FieldValueRequired' || isJson(schema.default));
}

function validateRules(schema: Schema, path: FieldPath, { isRoot, canCorrelate }: Place): FieldError[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  const at = path.child('x-kubernetes-validations');
  return rules.flatMap((rule, i) => {
    if (!canCorrelate && /\boldSelf\b/.test(rule.rule) && rule.optionalOldSelf !== true)
      return [
        fieldInvalid(
          at.index(i).child('rule'),
          rule.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${String(path)}`,
        ),
      ];
    return validateRule(schema, rule, isRoot, at.index(i));
  });
}

function validateRule(schema: Schema, rule: ValidationRule, isRoot: boolean, path: FieldPath): FieldError[] {
  try {
    RuleSet.compile(schema, [rule], isRoot);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidRule)) throw error;
    return [fieldInvalid(path.child(error.field), rule[error.field], error.message)];
  }
}
