import type { FieldError, StructSchema } from '#apimachinery';
import { fieldInvalid } from '#apimachinery';
import { compileRules, type CheckRules } from './rules/compile-rules.ts';
import { compileDefaults, type FillIn } from './schema/defaults.ts';
import { mergeSchemaOf } from './schema/merge-schema.ts';
import { compilePruning, type Prune } from './schema/prune.ts';
import type { Schema } from './schema/schema.ts';
import { compileValidation, type Validate } from './schema/validate.ts';

/** After one of these, rules might stumble over values that they may rely on. */
const BLOCKING = new Set(['FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid']);

/** What a version's schema says, compiled when it is first asked for. */
export class VersionSchema {
  readonly source: Schema;
  #prune: Prune | undefined;
  #fill: { in: FillIn | undefined } | undefined;
  #validate: Validate | undefined;
  #rules: { check: CheckRules | undefined } | undefined;
  #merge: StructSchema | undefined;

  constructor(source: Schema) {
    this.source = source;
  }

  get prune(): Prune {
    return (this.#prune ??= compilePruning(this.source));
  }

  /** Fills in defaults, in place. */
  fillIn(object: object): void {
    this.#fill ??= { in: compileDefaults(this.source) };
    this.#fill.in?.(object);
  }

  /** What is wrong with an object; with `old`, what has changed for the worse. */
  validate(object: object, old?: object): FieldError[] {
    this.#validate ??= compileValidation(this.source);
    const errors = this.#validate(object, old);
    this.#rules ??= { check: compileRules(this.source) };
    const { check } = this.#rules;
    if (check === undefined) return errors;
    if (errors.some(({ type }) => BLOCKING.has(type))) return [...errors, notChecked()];
    return [...errors, ...check(object, old)];
  }

  /** For server-side apply and the books on managed fields. */
  get merge(): StructSchema {
    return (this.#merge ??= mergeSchemaOf(this.source));
  }
}

const notChecked = (): FieldError =>
  fieldInvalid(
    '<nil>',
    null,
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  );
