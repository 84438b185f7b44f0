export { admissionEnvironment, type Named } from './environment.ts';
export { compileConditions, ConditionFailed, type Conditions } from './match-conditions.ts';
export { requestVariables } from './request-variables.ts';
export { shownRequest } from './shown-request.ts';
export { fromCel, toCel } from './values.ts';
