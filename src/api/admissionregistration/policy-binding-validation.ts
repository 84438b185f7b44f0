import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  nameIsDnsSubdomain,
  root,
  validateReferenceName,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { validateMatchResources, validateParamRef } from './policy-validation.ts';
import type {
  MatchResources,
  MutatingAdmissionPolicyBinding,
  ParamRef,
  ValidatingAdmissionPolicyBinding,
} from '../generated/admissionregistration-v1.ts';

const specPath = root.child('spec');
const ACTIONS = ['Audit', 'Deny', 'Warn'];

/** What is wrong with the binding of a validating policy. */
export function validateValidatingAdmissionPolicyBinding({ spec }: ValidatingAdmissionPolicyBinding): FieldError[] {
  return [...validateBinding(spec), ...validateActions(spec.validationActions ?? [], specPath.child('validationActions'))];
}

/** What is wrong with the binding of a mutating policy. */
export function validateMutatingAdmissionPolicyBinding({ spec }: MutatingAdmissionPolicyBinding): FieldError[] {
  return validateBinding(spec);
}

function validateBinding(spec: { policyName?: string; paramRef?: ParamRef; matchResources?: MatchResources }): FieldError[] {
  const errors = validateReferenceName(spec.policyName, nameIsDnsSubdomain, specPath.child('policyName'));
  if (spec.paramRef !== undefined) errors.push(...validateParamRef(spec.paramRef, specPath.child('paramRef')));
  if (spec.matchResources !== undefined)
    errors.push(...validateMatchResources(spec.matchResources, false, specPath.child('matchResources')));
  return errors;
}

function validateActions(actions: readonly string[], path: FieldPath): FieldError[] {
  if (actions.length === 0) return [fieldRequired(path, 'at least one validation action is required')];
  const errors: FieldError[] = [];
  for (const [i, action] of actions.entries()) {
    if (!ACTIONS.includes(action)) errors.push(fieldNotSupported(path.index(i), action, ACTIONS));
    if (actions.indexOf(action) < i) errors.push(fieldDuplicate(path.index(i), action));
  }
  if (actions.includes('Deny') && actions.includes('Warn')) {
    errors.push(
      fieldInvalid(
        path,
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    );
  }
  return errors;
}
