import type { Budget } from './budget.ts';

/** What is read of the nodes of a parsed expression. */
interface Node {
  op: string;
  args: unknown;
  meta?: { alternate?: unknown; macro?: unknown };
}

interface Comprehension {
  iterable: unknown;
  init: unknown;
  step: unknown;
  /** Asked before each turn whether to go on. */
  condition?(accumulated: unknown): boolean;
}

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
export function meter(expression: unknown): number {
  if (Array.isArray(expression)) return expression.reduce<number>((sum, part) => sum + meter(part), 0);
  if (typeof expression !== 'object' || expression === null) return 0;
  if (!('op' in expression)) return 0;
  const { op, args, meta } = expression as Node;
  if (meta?.alternate !== undefined) return meter(meta.alternate);
  if (op === 'comprehension') return meterLoop(args as Comprehension);
  const macro = meta?.macro;
  const inside = typeof macro === 'object' && macro !== null ? meter(Object.values(macro).filter((part) => part !== expression)) : 0;
  return 1 + inside + meter(args);
}

function meterLoop(loop: Comprehension): number {
  const steps = 1 + meter(loop.step);
  const { condition } = loop;
  loop.condition = (accumulated) => {
    current?.spend(steps);
    return condition === undefined || condition(accumulated);
  };
  return 1 + meter(loop.iterable) + meter(loop.init);
}
