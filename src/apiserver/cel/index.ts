export { Budget, BudgetExceeded } from './budget.ts';
export { celDuration, kubernetesEnvironment } from './environment.ts';
export { compileExpression, evaluationMessage, InvalidExpression, type Program } from './program.ts';
