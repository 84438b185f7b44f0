import type { Environment } from '@marcbachmann/cel-js';
import type { MatchCondition } from '#api/generated/admissionregistration-v1.ts';
import { Budget, compileExpression, evaluationMessage, InvalidExpression, type Program } from '../../cel/index.ts';

/** What all match conditions of one webhook or policy may cost together. */
const PER_WRITE = 2_500_000;

/** Compiled match conditions: true when all are met. Throws ConditionFailed when none is unmet and one could not be told. */
export type Conditions = (variables: Record<string, unknown>) => boolean;

/** A condition could not be evaluated. */
export class ConditionFailed extends Error {}

/** Compiles match conditions; one that does not compile fails whenever it would be asked. */
export function compileConditions(conditions: readonly MatchCondition[], environment: Environment): Conditions | undefined {
  if (conditions.length === 0) return undefined;
  const compiled = conditions.map(({ name, expression }) => ({ name, expression, program: compile(environment, expression) }));
  return (variables) => {
    const budget = new Budget(PER_WRITE);
    const failures: string[] = [];
    for (const { expression, program } of compiled) {
      try {
        if (program instanceof InvalidExpression) throw program;
        if (program.evaluate(variables, budget) !== true) return false;
      } catch (error) {
        failures.push(`expression '${expression}' resulted in error: ${evaluationMessage(error)}`);
      }
    }
    if (failures.length === 0) return true;
    throw new ConditionFailed(failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`);
  };
}

function compile(environment: Environment, expression: string): Program | InvalidExpression {
  try {
    return compileExpression(environment, expression, ['bool']);
  } catch (error) {
    if (error instanceof InvalidExpression) return error;
    throw error;
  }
}
