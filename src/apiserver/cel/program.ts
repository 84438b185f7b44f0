import type { Environment } from '@marcbachmann/cel-js';
import { BudgetExceeded, type Budget } from './budget.ts';
import { useGoPatterns } from './library-strings.ts';
import { meter, metered } from './metering.ts';

/** An expression that is none, or does not fit what it is about. The message is for the author of the expression. */
export class InvalidExpression extends Error {}

/** A compiled expression. */
export interface Program {
  /** What it evaluates to: `bool`, `string`, `dyn`, … */
  readonly type: string;
  /** Throws an Error (with what went wrong in the expression's own words), or BudgetExceeded. */
  evaluate(variables: Record<string, unknown>, budget: Budget): unknown;
}

/** Compiles an expression; `types`: what it may evaluate to, anything when absent. Throws InvalidExpression. */
export function compileExpression(environment: Environment, expression: string, types?: readonly string[]): Program {
  const parsed = parse(environment, expression);
  const checked = parsed.check();
  if (!checked.valid) throw new InvalidExpression(describe(checked.error, expression));
  const type = checked.type ?? 'dyn';
  if (types !== undefined && !types.includes(type) && type !== 'dyn') throw new InvalidExpression(`must evaluate to ${types.join(' or ')}`);
  const steps = meter(parsed.ast);
  return {
    type,
    evaluate: (variables, budget) =>
      metered(budget, () => {
        budget.spend(steps);
        const result: unknown = parsed(variables);
        // A loop within `||` may have swallowed it.
        if (budget.left < 0) throw new BudgetExceeded();
        return result;
      }),
  };
}

function parse(environment: Environment, expression: string): ReturnType<Environment['parse']> {
  try {
    const parsed = environment.parse(expression);
    useGoPatterns(parsed.ast);
    return parsed;
  } catch (error) {
    throw new InvalidExpression(describe(error, expression), { cause: error });
  }
}

/** As the reference implementation shows errors: the place, the line, an arrow. */
function describe(error: unknown, expression: string): string {
  if (!(error instanceof Error)) return String(error);
  const { summary = error.message, range } = error as Error & { summary?: string; range?: { start: number } };
  const field = /^No such key: (.*)$/.exec(summary)?.[1];
  // The arrow points at the dot before a field.
  const start = Math.max(0, (range?.start ?? 0) - (field === undefined ? 0 : 1));
  const before = expression.slice(0, start).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = expression.split('\n')[before.length - 1] ?? '';
  return `compilation failed: ERROR: <input>:${before.length}:${column + 1}: ${field === undefined ? summary : `undefined field '${field}'`}\n | ${line}\n | ${'.'.repeat(column)}^`;
}

/** What went wrong when an expression ran, in one line. */
export function evaluationMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { summary = error.message } = error as Error & { summary?: string };
  return summary.startsWith('No such key: ') ? `no such key: ${summary.slice('No such key: '.length)}` : summary;
}
