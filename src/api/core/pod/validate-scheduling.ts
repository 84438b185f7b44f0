import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isLabelValue,
  isQualifiedName,
  validateByRule,
  validateLabelSelector,
  validateLabels,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { Affinity, PodAffinity, PodAffinityTerm, PodSpec, Toleration, TopologySpreadConstraint } from '../../generated/core-v1.ts';
import { validateNamespaceNames } from './validate-pod-references.ts';
import { validateNodeSelector, validateNodeSelectorTerm } from './validate-node-selector.ts';

/** Checks what says where a pod may run. */
export function validateScheduling(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  if (spec.nodeSelector) errors.push(...validateLabels(spec.nodeSelector, path.child('nodeSelector')));
  if (spec.affinity) validateAffinity(spec.affinity, path.child('affinity'), errors);
  if (spec.tolerations) validateTolerations(spec.tolerations, path.child('tolerations'), errors);
  if (spec.topologySpreadConstraints) {
    validateSpreadConstraints(spec.topologySpreadConstraints, path.child('topologySpreadConstraints'), errors);
  }
  if (spec.schedulingGates) validateGates(spec, path.child('schedulingGates'), errors);
}

function validateGates({ schedulingGates = [] }: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const names = new Set<string>();
  schedulingGates.forEach(({ name }, index) => {
    errors.push(...validateByRule(name ?? '', isQualifiedName, path.index(index)));
    if (names.has(name)) errors.push(fieldDuplicate(path.index(index), name));
    names.add(name);
  });
}

function validateAffinity({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity, path: FieldPath, errors: FieldError[]): void {
  if (nodeAffinity) {
    const at = path.child('nodeAffinity');
    const required = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution;
    if (required) validateNodeSelector(required, at.child('requiredDuringSchedulingIgnoredDuringExecution'), errors);
    nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ weight, preference }, index) => {
      const term = at.child('preferredDuringSchedulingIgnoredDuringExecution').index(index);
      validateWeight(weight, term, errors);
      validateNodeSelectorTerm(preference, false, term.child('preference'), errors);
    });
  }
  if (podAffinity) validatePodTerms(podAffinity, path.child('podAffinity'), errors);
  if (podAntiAffinity) validatePodTerms(podAntiAffinity, path.child('podAntiAffinity'), errors);
}

function validateWeight(weight: number, path: FieldPath, errors: FieldError[]): void {
  if (weight >= 1 && weight <= 100) return;
  errors.push(fieldInvalid(path.child('weight'), weight ?? 0, 'must be in the range 1-100'));
}

function validatePodTerms(affinity: PodAffinity, path: FieldPath, errors: FieldError[]): void {
  affinity.requiredDuringSchedulingIgnoredDuringExecution?.forEach((term, index) => {
    validatePodTerm(term, path.child('requiredDuringSchedulingIgnoredDuringExecution').index(index), errors);
  });
  affinity.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ weight, podAffinityTerm }, index) => {
    const at = path.child('preferredDuringSchedulingIgnoredDuringExecution').index(index);
    validateWeight(weight, at, errors);
    validatePodTerm(podAffinityTerm, at.child('podAffinityTerm'), errors);
  });
}

function validatePodTerm(term: PodAffinityTerm, path: FieldPath, errors: FieldError[]): void {
  errors.push(...validateLabelSelector(term.labelSelector, path.child('labelSelector')));
  errors.push(...validateLabelSelector(term.namespaceSelector, path.child('namespaceSelector')));
  validateNamespaceNames(term.namespaces, path.child('namespace'), errors);
  validateLabelKeys(term.matchLabelKeys, term.labelSelector, path.child('matchLabelKeys'), errors);
  validateLabelKeys(term.mismatchLabelKeys, term.labelSelector, path.child('mismatchLabelKeys'), errors);
  term.matchLabelKeys?.forEach((key, index) => {
    if (term.mismatchLabelKeys?.includes(key)) {
      errors.push(fieldInvalid(path.child('matchLabelKeys').index(index), key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
    }
  });
  validateTopologyKey(term.topologyKey, path.child('topologyKey'), errors);
}

function validateLabelKeys(keys: readonly string[] | undefined, selector: unknown, path: FieldPath, errors: FieldError[]): void {
  if (keys === undefined || keys.length === 0) return;
  if (selector === undefined) errors.push(fieldInvalid(path, keys, 'must not be specified when labelSelector is not set'));
  keys.forEach((key, index) => errors.push(...validateByRule(key, isQualifiedName, path.index(index))));
}

function validateTopologyKey(key: string, path: FieldPath, errors: FieldError[]): void {
  if (!key) errors.push(fieldRequired(path, 'can not be empty'));
  else errors.push(...validateByRule(key, isQualifiedName, path));
}

const OPERATORS = ['Equal', 'Exists'];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Checks what taints a pod puts up with. */
function validateTolerations(tolerations: readonly Toleration[], path: FieldPath, errors: FieldError[]): void {
  tolerations.forEach((toleration, index) => {
    const at = path.index(index);
    const { key, operator = '', effect, tolerationSeconds } = toleration;
    if (key) errors.push(...validateByRule(key, isQualifiedName, at.child('key')));
    else if (operator !== 'Exists') {
      const text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      errors.push(fieldInvalid(at.child('operator'), operator, text));
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.push(fieldInvalid(at.child('effect'), effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    validateTolerationValue(toleration, at, errors);
    if (effect) validateTaintEffect(effect, at.child('effect'), errors);
  });
}

function validateTolerationValue(toleration: Toleration, path: FieldPath, errors: FieldError[]): void {
  const { operator = '', value = '' } = toleration;
  const at = path.child('operator');
  if (operator === '' || operator === 'Equal') {
    const texts = isLabelValue(value);
    if (texts.length > 0) errors.push(fieldInvalid(at, value, texts.join(';')));
  } else if (operator === 'Exists') {
    if (value !== '') errors.push(fieldInvalid(at, value, "value must be empty when `operator` is 'Exists'"));
  } else errors.push(fieldNotSupported(at, operator, OPERATORS));
}

/** Checks what a taint does to pods that do not tolerate it. */
export function validateTaintEffect(effect: string, path: FieldPath, errors: FieldError[]): void {
  if (!EFFECTS.includes(effect)) errors.push(fieldNotSupported(path, effect, EFFECTS));
}

const WHEN_UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway'];
const INCLUSIONS = ['Honor', 'Ignore'];

function validateSpreadConstraints(constraints: readonly TopologySpreadConstraint[], path: FieldPath, errors: FieldError[]): void {
  const seen = new Set<string>();
  constraints.forEach((constraint, index) => {
    const at = path.index(index);
    const { topologyKey, whenUnsatisfiable } = constraint;
    validateSpread(constraint, at, errors);
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (seen.has(pair)) errors.push(fieldDuplicate(at.child('{topologyKey, whenUnsatisfiable}'), pair));
    seen.add(pair);
  });
}

function validateSpread(constraint: TopologySpreadConstraint, path: FieldPath, errors: FieldError[]): void {
  const { maxSkew, minDomains, whenUnsatisfiable, topologyKey } = constraint;
  if (maxSkew <= 0) errors.push(fieldInvalid(path.child('maxSkew'), maxSkew, 'must be greater than zero'));
  validateTopologyKey(topologyKey, path.child('topologyKey'), errors);
  if (!WHEN_UNSATISFIABLE.includes(whenUnsatisfiable)) {
    errors.push(fieldNotSupported(path.child('whenUnsatisfiable'), whenUnsatisfiable, WHEN_UNSATISFIABLE));
  }
  if (minDomains !== undefined) validateMinDomains(minDomains, whenUnsatisfiable, path.child('minDomains'), errors);
  for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
    const policy = constraint[field];
    if (policy !== undefined && !INCLUSIONS.includes(policy)) errors.push(fieldNotSupported(path.child(field), policy, INCLUSIONS));
  }
  validateLabelKeys(constraint.matchLabelKeys, constraint.labelSelector, path.child('matchLabelKeys'), errors);
  errors.push(...validateLabelSelector(constraint.labelSelector, path.child('labelSelector')));
}

function validateMinDomains(minDomains: number, whenUnsatisfiable: string, path: FieldPath, errors: FieldError[]): void {
  if (minDomains <= 0) errors.push(fieldInvalid(path, minDomains, 'must be greater than 0'));
  if (whenUnsatisfiable !== 'DoNotSchedule') {
    const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
    errors.push(fieldInvalid(path, minDomains, text));
  }
}
