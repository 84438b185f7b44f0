import { describe, expect, it } from 'vitest';
import { Budget, BudgetExceeded, compileExpression, evaluationMessage, InvalidExpression, kubernetesEnvironment } from './index.ts';

const environment = kubernetesEnvironment().registerVariable('xs', 'list<int>').registerVariable('object', 'dyn');

function evaluate(expression: string, budget = new Budget(10_000)): unknown {
  return compileExpression(environment, expression, ['bool', 'int', 'string']).evaluate({ xs: [1n, 2n, 3n], object: { a: 1n } }, budget);
}

function thrown(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('an expression', () => {
  it.each([
    ['xs.isSorted() && xs.min() == 1 && xs.max() == 3', true],
    ['xs.indexOf(2)', 1n],
    ['sets.contains(xs, [1, 2]) && sets.intersects(xs, [9, 3]) && sets.equivalent([1, 2], [2, 1])', true],
    ['"a-b-c".replace("-", "+", 1)', 'a+b-c'],
    ['"ABC".matches("(?i)^a[[:alpha:]]+$") && matches("a", "^a")', true],
    ['optional.of(2).optMap(x, x * 2).orValue(0)', 4n],
    ['optional.none().optMap(x, 1).orValue(0)', 0n],
    ['object.?a.optFlatMap(x, x > 5 ? optional.of(1) : optional.none()).orValue(7)', 7n],
    ['"abc".reverse() + "abc".charAt(1)', 'cbab'],
    ['"x%.2f %d%%".format([1.5, 3])', 'x1.50 3%'],
    ['quantity("200Mi").add(quantity("100Mi")) == quantity("300Mi")', true],
    ['isQuantity("1Gi") && !isQuantity("lots")', true],
    ['quantity("2k").asInteger()', 2000n],
    ['ip("::1").isLoopback() && ip("10.0.0.1").isGlobalUnicast()', true],
    ['string(cidr("10.0.0.0/8").ip())', '10.0.0.0'],
    ['url("https://h:1/p?a=b").getQuery()["a"][0]', 'b'],
  ])('%s is %s', (expression, expected) => {
    expect(evaluate(expression)).toBe(expected);
  });

  it('that does not fit is refused, with the place', () => {
    expect(thrown(() => evaluate('xs.nothing'))).toBeInstanceOf(InvalidExpression);
    expect(evaluationMessage(thrown(() => evaluate('1 +')))).toContain('compilation failed: ERROR: <input>:1:');
    expect(evaluationMessage(thrown(() => evaluate('[1]')))).toBe('must evaluate to bool or int or string');
  });

  it('that goes wrong says how', () => {
    expect(evaluationMessage(thrown(() => evaluate('object.b == 1')))).toBe('no such key: b');
    expect(evaluationMessage(thrown(() => evaluate('1 / (xs[0] - 1) == 1')))).toBe('division by zero');
  });

  it('pays for every turn of its loops', () => {
    const budget = new Budget(10_000);
    expect(evaluate('xs.all(x, x > 0)', budget)).toBe(true);
    const cheap = 10_000 - budget.left;
    const other = new Budget(10_000);
    evaluate('xs.all(x, xs.all(y, x + y > 0))', other);
    expect(10_000 - other.left).toBeGreaterThan(cheap * 3);
  });

  it('is stopped when it cannot pay, even where errors are swallowed', () => {
    const nested = 'xs.all(x, xs.all(y, xs.all(z, x + y + z > 0)))';
    expect(thrown(() => evaluate(nested, new Budget(40)))).toBeInstanceOf(BudgetExceeded);
    expect(thrown(() => evaluate(`${nested} || true`, new Budget(40)))).toBeInstanceOf(BudgetExceeded);
  });
});
