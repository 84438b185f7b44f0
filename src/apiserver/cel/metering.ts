import type { Budget } from './budget.ts';
import { childrenOf, isNode, type Comprehension } from './syntax-tree.ts';

/** The budget of the expression that runs at the moment: evaluation is synchronous. */
let current: Budget | undefined;

/** Runs `evaluate` at the expense of `budget`. */
export function metered<R>(budget: Budget, evaluate: () => R): R {
  const outer = current;
  current = budget;
  try {
    return evaluate();
  } finally {
    current = outer;
  }
}

/** Makes every turn of every loop in the expression pay for what is in it. Returns the steps of running through it once. */
export function meter(expression: unknown, seen = new Set<unknown>()): number {
  if (Array.isArray(expression)) return expression.reduce<number>((sum, part) => sum + meter(part, seen), 0);
  if (!isNode(expression) || seen.has(expression)) return 0;
  seen.add(expression);
  if (expression.op === 'comprehension') return meterLoop(expression.args as Comprehension, seen);
  return childrenOf(expression).reduce<number>((sum, child) => sum + meter(child, seen), 1);
}

function meterLoop(loop: Comprehension, seen: Set<unknown>): number {
  const steps = 1 + meter(loop.step, seen);
  const { condition } = loop;
  loop.condition = (accumulated) => {
    current?.spend(steps);
    return condition === undefined || condition(accumulated);
  };
  return 1 + meter(loop.iterable, seen) + meter(loop.init, seen);
}
