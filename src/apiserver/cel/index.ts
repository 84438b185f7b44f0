export { Budget, BudgetExceeded } from './budget.ts';
export { celDuration, kubernetesEnvironment } from './environment.ts';
export { goRegExp } from './go-regexp.ts';
export { compileExpression, evaluationMessage, InvalidExpression, type Program } from './program.ts';
