import { Budget, evaluationMessage, InvalidExpression } from '../cel/index.ts';
import type { CompiledExpression, CompiledPolicy } from './compile-policy.ts';

/** What all expressions of one policy may cost for one write and one set of parameters. */
const PER_EVALUATION = 10_000_000;

/** An expression could not be evaluated; the message is for the client. */
export class EvaluationFailed extends Error {}

/** Evaluates the expressions of one policy about one write. */
export class Evaluation {
  readonly #budget = new Budget(PER_EVALUATION);
  readonly #variables: Record<string, unknown>;

  /** `request`: what all policies see of the write; `params` null when there are none. */
  constructor(policy: CompiledPolicy, request: Record<string, unknown>, params: unknown) {
    const named = {};
    // Asks the request for its parts only when an expression does.
    this.#variables = Object.create(request, {
      params: { value: params, enumerable: true },
      variables: { value: named, enumerable: true },
    }) as Record<string, unknown>;
    for (const { name, expression } of policy.variables) this.#defineLazily(named, name, expression);
  }

  /** Throws EvaluationFailed. */
  run({ text, program }: CompiledExpression): unknown {
    if (program instanceof InvalidExpression) throw new EvaluationFailed(`compilation error: ${program.message}`);
    try {
      return program.evaluate(this.#variables, this.#budget);
    } catch (error) {
      throw new EvaluationFailed(`expression '${text}' resulted in error: ${evaluationMessage(error)}`, { cause: error });
    }
  }

  get variables(): Record<string, unknown> {
    return this.#variables;
  }

  /** A variable is evaluated once, when it is first asked for; one that fails does so for everybody who asks. */
  #defineLazily(named: object, name: string, expression: CompiledExpression): void {
    Object.defineProperty(named, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        const value = this.#variable(name, expression);
        Object.defineProperty(named, name, { value, enumerable: true });
        return value;
      },
    });
  }

  #variable(name: string, expression: CompiledExpression): unknown {
    try {
      return this.run(expression);
    } catch (error) {
      throw new Error(`composited variable "${name}" fails to evaluate: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}
