import { Optional } from '@marcbachmann/cel-js';
import type { ValidationRule } from '#api/generated/apiextensions-v1.ts';
import { FieldError, type FieldErrorType } from '#apimachinery';
import { Budget, BudgetExceeded, compileExpression, evaluationMessage, kubernetesEnvironment, type Program } from '../../cel/index.ts';
import type { Schema } from '../schema/schema.ts';
import { Declaration, type Declared } from './declare.ts';

/** What one expression may cost, and all rules on one object together. */
const PER_RULE = 1_000_000;
const PER_OBJECT = 10_000_000;
const MAX_MESSAGE = 5 * 1024;

/** The limits of one validation. */
export class RuleBudget {
  #left = PER_OBJECT;

  /** Runs one expression. Throws BudgetExceeded, and whatever the expression throws. */
  run(program: Program, variables: Record<string, unknown>): unknown {
    const budget = new Budget(Math.min(PER_RULE, this.#left));
    const before = budget.left;
    try {
      return program.evaluate(variables, budget);
    } finally {
      this.#left -= before - Math.max(0, budget.left);
    }
  }

  get isExhausted(): boolean {
    return this.#left <= 0;
  }
}

/** A compiled rule with its place in the schema. */
interface CompiledRule {
  rule: ValidationRule;
  /** Compares with the old value, so that it has nothing to say where there is none. */
  isTransition: boolean;
  program: Program;
  message: Program | undefined;
}

/** The rules of one place in a schema. */
export class RuleSet {
  readonly #declared: Declared;
  readonly #typeName: string;
  readonly #rules: readonly CompiledRule[];

  /** Throws InvalidRule for a rule that does not fit the schema. */
  static compile(schema: Schema, rules: readonly ValidationRule[], isRoot: boolean): RuleSet {
    return new RuleSet(schema, rules, isRoot);
  }

  private constructor(schema: Schema, rules: readonly ValidationRule[], isRoot: boolean) {
    this.#typeName = schema.type ?? '';
    const environment = kubernetesEnvironment();
    const texts = rules.flatMap(({ rule, messageExpression = '' }) => [rule, messageExpression]).join(' ');
    const declaration = new Declaration(environment, new Set(texts.match(/[a-zA-Z_]\w*/g)));
    this.#declared = declaration.declare(schema, isRoot) ?? { type: 'dyn', toCel: (value) => value };
    environment.registerVariable('self', this.#declared.type);
    const optional = environment.clone().registerVariable('oldSelf', `optional<${this.#declared.type}>`);
    const plain = environment.clone().registerVariable('oldSelf', this.#declared.type);
    this.#rules = rules.map((rule, index) => compileRule(rule.optionalOldSelf === true ? optional : plain, rule, index));
  }

  /** Adds what is wrong with a value; false when the budget is used up. `old` is undefined where there is nothing to compare with. */
  check(value: unknown, old: unknown, path: string, budget: RuleBudget, isUnchanged: boolean, errors: FieldError[]): boolean {
    let self: unknown;
    let oldSelf: unknown;
    for (const each of this.#rules) {
      const { rule, isTransition } = each;
      if (isTransition ? old === undefined && rule.optionalOldSelf !== true : isUnchanged) continue;
      self ??= this.#declared.toCel(value);
      if (isTransition && old !== undefined) oldSelf ??= this.#declared.toCel(old);
      const shownOld = rule.optionalOldSelf === true ? (oldSelf === undefined ? Optional.none() : Optional.of(oldSelf)) : oldSelf;
      if (!this.#run(each, { self, oldSelf: shownOld }, path, budget, errors)) return false;
    }
    return true;
  }

  #run(
    { rule, program, message }: CompiledRule,
    variables: Record<string, unknown>,
    path: string,
    budget: RuleBudget,
    errors: FieldError[],
  ): boolean {
    try {
      const result = budget.run(program, variables);
      if (result === true) return true;
      errors.push(this.#failure(rule, this.#message(rule, message, variables, budget), path));
      return true;
    } catch (error) {
      const said = evaluationMessage(error);
      if (error instanceof BudgetExceeded) {
        const why = budget.isExhausted
          ? 'validation failed due to running out of cost budget, no further validation rules will be run'
          : `'${said}': no further validation rules will be run due to call cost exceeds limit for rule: ${nameOf(rule)}`;
        errors.push(this.#failure({ rule: rule.rule }, why, path));
        return false;
      }
      const text = said.startsWith('no such overload')
        ? `'${said}': call arguments did not match a supported operator, function or macro signature for rule: ${nameOf(rule)}`
        : `${said} evaluating rule: ${nameOf(rule)}`;
      errors.push(this.#failure({ rule: rule.rule }, text, path));
      return true;
    }
  }

  #failure({ reason, fieldPath = '' }: ValidationRule, detail: string, path: string): FieldError {
    const type = (reason ?? 'FieldValueInvalid') as FieldErrorType;
    const at = fieldPath === '' ? path : `${path}${path === '' ? fieldPath.replace(/^\./, '') : fieldPath}`;
    const shows = type === 'FieldValueInvalid' || type === 'FieldValueDuplicate';
    return new FieldError(
      type,
      at === '' ? '<nil>' : at,
      shows ? JSON.stringify(this.#typeName) : undefined,
      type === 'FieldValueDuplicate' ? '' : detail,
    );
  }

  #message(rule: ValidationRule, expression: Program | undefined, variables: Record<string, unknown>, budget: RuleBudget): string {
    const plain = rule.message?.trim() || `failed rule: ${rule.rule.trim()}`;
    if (expression === undefined) return plain;
    try {
      const text = budget.run(expression, variables);
      const usable = typeof text === 'string' && text.trim() !== '' && !text.includes('\n') && text.length <= MAX_MESSAGE;
      return usable ? text.trim() : plain;
    } catch {
      // A message that cannot be made must not hide what it is about.
      return plain;
    }
  }
}

const nameOf = ({ rule, message }: ValidationRule): string => message?.trim() || rule.trim();

/** A rule, or its message, that is no expression. */
export class InvalidRule extends Error {
  readonly index: number;
  readonly field: 'rule' | 'messageExpression';

  constructor(index: number, field: 'rule' | 'messageExpression', cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.index = index;
    this.field = field;
  }
}

function compileRule(environment: Parameters<typeof compileExpression>[0], rule: ValidationRule, index: number): CompiledRule {
  const compile = (field: 'rule' | 'messageExpression', text: string, type: string): Program => {
    try {
      return compileExpression(environment, text, [type]);
    } catch (error) {
      throw new InvalidRule(index, field, error);
    }
  };
  return {
    rule,
    isTransition: /\boldSelf\b/.test(rule.rule),
    program: compile('rule', rule.rule, 'bool'),
    message: rule.messageExpression ? compile('messageExpression', rule.messageExpression, 'string') : undefined,
  };
}
