import { checkOneOf } from '../checks.ts';
import { fieldForbidden, fieldRequired, root, validateEnum, type FieldError, type FieldPath } from '#apimachinery';
import { validateMatchConditions } from './match-condition-validation.ts';
import { validateMatchResources, validateParamKind, validateVariables } from './policy-validation.ts';
import type { MutatingAdmissionPolicy, Mutation } from '../generated/admissionregistration-v1.ts';

const specPath = root.child('spec');

/** What is wrong with a policy on its own, its expressions aside. */
export function validateMutatingAdmissionPolicy({ spec }: MutatingAdmissionPolicy): FieldError[] {
  const { matchConstraints, mutations = [], paramKind } = spec;
  const errors = checkOneOf(specPath.child('failurePolicy'), spec.failurePolicy, ['Fail', 'Ignore']);
  if (paramKind !== undefined) errors.push(...validateParamKind(paramKind, specPath.child('paramKind')));
  if (matchConstraints === undefined) errors.push(fieldRequired(specPath.child('matchConstraints')));
  else errors.push(...validateMatchResources(matchConstraints, true, specPath.child('matchConstraints')));
  errors.push(...validateMatchConditions(spec.matchConditions ?? [], specPath.child('matchConditions')));
  errors.push(...validateVariables(spec.variables ?? [], specPath.child('variables')));
  if (mutations.length === 0) errors.push(fieldRequired(specPath.child('mutations'), 'mutations must contain at least one item'));
  errors.push(...mutations.flatMap((mutation, i) => validateMutation(mutation, specPath.child('mutations').index(i))));
  return [...errors, ...validateEnum(spec.reinvocationPolicy, ['Never', 'IfNeeded'], specPath.child('reinvocationPolicy'))];
}

function validateMutation({ patchType, applyConfiguration, jsonPatch }: Mutation, path: FieldPath): FieldError[] {
  const errors = validateEnum(patchType, ['ApplyConfiguration', 'JSONPatch'], path.child('patchType'));
  if (errors.length > 0) return errors;
  const applies = patchType === 'ApplyConfiguration';
  const [wanted, wantedName, other, otherName] = applies
    ? [applyConfiguration, 'applyConfiguration', jsonPatch, 'jsonPatch']
    : [jsonPatch, 'jsonPatch', applyConfiguration, 'applyConfiguration'];
  if (wanted === undefined) errors.push(fieldRequired(path.child(wantedName), `must be specified when patchType is ${patchType}`));
  else if (!wanted.expression?.trim()) errors.push(fieldRequired(path.child(wantedName, 'expression'), 'expression is not specified'));
  if (other !== undefined) errors.push(fieldForbidden(path.child(otherName), `must not be specified when patchType is ${patchType}`));
  return errors;
}
