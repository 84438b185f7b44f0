import { Optional, type Environment } from '@marcbachmann/cel-js';

/** What of the library's type checker, evaluator and scopes a macro is given to work with. */
interface Type {
  kind: string;
  name: string;
  valueType?: Type;
}
interface Scope {
  forkWithVariable(name: string, type: Type): Scope;
  reuse(outer: Scope): Scope;
  setIterValue(value: unknown, evaluator: Evaluator): Scope;
}
interface Checker {
  check(node: unknown, scope: Scope): Type;
  getType(name: string): Type;
}
interface Evaluator {
  run(node: unknown, scope: Scope): unknown;
}
interface Call {
  args: readonly [{ op: string; args: string }, unknown];
  receiver: unknown;
}

/** `optMap` and `optFlatMap`: what becomes of a value if there is one. */
export function registerOptionals(environment: Environment): void {
  environment
    .registerFunction('optional.optMap(ast, ast): optional<dyn>', (call: Call) => mapping(call, false))
    .registerFunction('optional.optFlatMap(ast, ast): optional<dyn>', (call: Call) => mapping(call, true));
}

function mapping({ args: [variable, expression], receiver }: Call, isFlat: boolean) {
  let inner: Scope;
  return {
    receiver,
    expression,
    async: false,
    typeCheck(checker: Checker, _macro: unknown, scope: Scope): Type {
      const { kind, valueType } = checker.check(receiver, scope);
      inner = scope.forkWithVariable(variable.args, (kind === 'optional' ? valueType : undefined) ?? checker.getType('dyn'));
      const result = checker.check(expression, inner);
      return isFlat ? result : checker.getType(`optional<${result.name}>`);
    },
    evaluate(evaluator: Evaluator, _macro: unknown, scope: Scope): unknown {
      const optional = evaluator.run(receiver, scope) as Optional;
      if (!optional.hasValue()) return optional;
      const result = evaluator.run(expression, inner.reuse(scope).setIterValue(optional.value(), evaluator));
      return isFlat ? result : Optional.of(result);
    },
  };
}
