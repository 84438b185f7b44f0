import { fieldInvalid, fieldNotSupported, fieldRequired, fieldTooMany, type FieldError, type FieldPath } from '#apimachinery';
import type { Container, ContainerRestartRule } from '../../generated/core-v1.ts';

const POLICIES = ['Always', 'Never', 'OnFailure'];
const ACTIONS = ['Restart', 'RestartAllContainers'];
const OPERATORS = ['In', 'NotIn'];
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;

/** Checks when one container is restarted, where that is not what the pod says. */
export function validateRestartRules(container: Container, path: FieldPath, errors: FieldError[]): void {
  const { restartPolicy, restartPolicyRules: rules } = container;
  if (restartPolicy !== undefined && !POLICIES.includes(restartPolicy)) {
    errors.push(fieldNotSupported(path.child('restartPolicy'), restartPolicy, POLICIES));
  }
  if (rules === undefined || rules.length === 0) return;
  if (restartPolicy === undefined) {
    errors.push(fieldRequired(path.child('restartPolicy'), 'must specify restartPolicy when restart rules are used'));
  }
  const at = path.child('restartPolicyRules');
  if (rules.length > MAX_RULES) errors.push(fieldTooMany(at, rules.length, MAX_RULES));
  rules.forEach((rule, index) => validateRule(rule, at.index(index), errors));
}

function validateRule({ action, exitCodes }: ContainerRestartRule, path: FieldPath, errors: FieldError[]): void {
  if (!action) errors.push(fieldRequired(path.child('action')));
  else if (!ACTIONS.includes(action)) errors.push(fieldNotSupported(path.child('action'), action, ACTIONS));
  const at = path.child('exitCodes');
  if (exitCodes === undefined) {
    errors.push(fieldRequired(at, 'must be specified'));
    return;
  }
  if (!OPERATORS.includes(exitCodes.operator ?? '')) {
    errors.push(fieldNotSupported(at.child('operator'), exitCodes.operator ?? '', OPERATORS));
  }
  const values = exitCodes.values ?? [];
  if (values.length === 0) errors.push(fieldInvalid(at.child('values'), values, 'must have at least 1 value'));
  else if (values.length > MAX_EXIT_CODES) errors.push(fieldTooMany(at.child('values'), values.length, MAX_EXIT_CODES));
}
