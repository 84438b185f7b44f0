import {
  fieldDuplicate,
  fieldInvalid,
  fieldRequired,
  fieldTooMany,
  validateEnum,
  validateMaxItems,
  validateNonNegative,
  FieldError,
  type FieldPath,
} from '#apimachinery';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../generated/batch-v1.ts';

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_PATTERNS = 20;

/** What is wrong with the rules that say what failed pods mean. */
export function validatePodFailurePolicy(spec: JobSpec, path: FieldPath): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const rulesPath = path.child('rules');
  const tooMany = validateMaxItems(rules, MAX_RULES, rulesPath);
  if (tooMany.length > 0) return tooMany;
  return rules.flatMap((rule, i) => validateRule(rule, spec, rulesPath.index(i)));
}

function validateRule({ action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule, spec: JobSpec, path: FieldPath): FieldError[] {
  const actionPath = path.child('action');
  const errors = validateChoice(action, ['Count', 'FailIndex', 'FailJob', 'Ignore'], actionPath);
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(fieldInvalid(actionPath, action, 'requires the backoffLimitPerIndex to be set'));
  }
  if (onExitCodes !== undefined) errors.push(...validateExitCodes(onExitCodes, spec, path.child('onExitCodes')));
  if (onPodConditions.length > 0) errors.push(...validatePatterns(onPodConditions, path.child('onPodConditions')));
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    errors.push(ruleInvalid(path, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  }
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    errors.push(ruleInvalid(path, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  return errors;
}

/** The rule itself is not repeated. */
function ruleInvalid(path: FieldPath, detail: string): FieldError {
  return new FieldError('FieldValueInvalid', path, undefined, detail);
}

/** Like `validateEnum`, but an absent value is told what there is. */
function validateChoice(value: string | undefined, supported: readonly string[], path: FieldPath): FieldError[] {
  if (value) return validateEnum(value, supported, path);
  return [fieldRequired(path, `valid values: [${supported.map((choice) => JSON.stringify(choice)).join(' ')}]`)];
}

function validatePatterns(patterns: readonly PodFailurePolicyOnPodConditionsPattern[], path: FieldPath): FieldError[] {
  if (patterns.length > MAX_PATTERNS) return [fieldTooMany(path, patterns.length, MAX_PATTERNS)];
  return patterns.flatMap(({ type, status }, i) => [
    ...(type ? [] : [fieldRequired(path.index(i).child('type'), 'name part must be non-empty')]),
    ...validateChoice(status, ['False', 'True', 'Unknown'], path.index(i).child('status')),
  ]);
}

function validateExitCodes(codes: PodFailurePolicyOnExitCodesRequirement, spec: JobSpec, path: FieldPath): FieldError[] {
  const { operator, containerName, values } = codes;
  const errors = validateChoice(operator, ['In', 'NotIn'], path.child('operator'));
  if (containerName !== undefined) {
    const { containers, initContainers = [] } = spec.template.spec;
    if (![...containers, ...initContainers].some(({ name }) => name === containerName)) {
      errors.push(
        fieldInvalid(path.child('containerName'), containerName, 'must be one of the container or initContainer names in the pod template'),
      );
    }
  }
  return [...errors, ...validateCodeValues(values, operator, path.child('values'))];
}

function validateCodeValues(values: readonly number[], operator: string, path: FieldPath): FieldError[] {
  if (values.length === 0) return [fieldInvalid(path, values, 'at least one value is required')];
  if (values.length > MAX_EXIT_CODES) return [fieldTooMany(path, values.length, MAX_EXIT_CODES)];
  const errors: FieldError[] = [];
  const seen = new Set<number>();
  for (const [i, value] of values.entries()) {
    if (operator === 'In' && value === 0) errors.push(fieldInvalid(path.index(i), value, 'must not be 0 for the In operator'));
    if (seen.has(value)) errors.push(fieldDuplicate(path.index(i), value));
    seen.add(value);
  }
  if (values.some((value, i) => i > 0 && value < (values[i - 1] ?? 0))) errors.push(fieldInvalid(path, values, 'must be ordered'));
  return errors;
}

/** What is wrong with the rules that say when an indexed job has succeeded. */
export function validateSuccessPolicy(spec: JobSpec, path: FieldPath): FieldError[] {
  if (spec.completionMode !== 'Indexed') return [fieldInvalid(path, spec.successPolicy, 'requires indexed completion mode')];
  const rules = spec.successPolicy?.rules ?? [];
  const rulesPath = path.child('rules');
  if (rules.length === 0) return [fieldRequired(rulesPath, 'at least one rules must be specified when the successPolicy is specified')];
  const tooMany = validateMaxItems(rules, MAX_RULES, rulesPath);
  if (tooMany.length > 0) return tooMany;
  return rules.flatMap((rule, i) => validateSuccessRule(rule, spec.completions ?? 0, rulesPath.index(i)));
}

function validateSuccessRule({ succeededCount, succeededIndexes }: SuccessPolicyRule, completions: number, path: FieldPath): FieldError[] {
  if (succeededCount === undefined && succeededIndexes === undefined) {
    return [fieldRequired(path, 'at least one of succeededCount or succeededIndexes must be specified')];
  }
  const errors: FieldError[] = [];
  let indexes = completions;
  if (succeededIndexes !== undefined) {
    const counted = countIndexes(succeededIndexes, completions);
    if (typeof counted === 'string')
      errors.push(fieldInvalid(path.child('succeededIndexes'), succeededIndexes, `error parsing succeededIndexes: ${counted}`));
    else indexes = counted;
  }
  if (succeededCount === undefined) return errors;
  const countPath = path.child('succeededCount');
  errors.push(...validateNonNegative(succeededCount, countPath));
  if (succeededCount > completions)
    errors.push(
      fieldInvalid(countPath, succeededCount, `must be less than or equal to ${completions} (the number of specified completions)`),
    );
  if (succeededIndexes !== undefined && succeededCount > indexes) {
    errors.push(
      fieldInvalid(
        countPath,
        succeededCount,
        `must be less than or equal to ${indexes} (the number of indexes in the specified succeededIndexes field)`,
      ),
    );
  }
  return errors;
}

/** The number of indexes in a text such as `1,3-5`, or what is wrong with it. */
function countIndexes(text: string, completions: number): number | string {
  let count = 0;
  let last = -1;
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) return `cannot convert string to integer for index: "${part}"`;
    const low = Number(match[1]);
    const high = Number(match[2] ?? match[1]);
    if (low <= last || high < low) return `non-increasing order, previous: ${last}, current: ${low}`;
    if (high >= completions) return `too large index: "${part}"`;
    count += high - low + 1;
    last = high;
  }
  return count;
}
