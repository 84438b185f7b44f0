import { checkOneOf } from '../checks.ts';
import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isQualifiedName,
  root,
  validateByRule,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { validateMatchConditions } from './match-condition-validation.ts';
import { validateMatchResources, validateParamKind, validateVariables } from './policy-validation.ts';
import type { AuditAnnotation, ValidatingAdmissionPolicy, Validation } from '../generated/admissionregistration-v1.ts';

const specPath = root.child('spec');
const REASONS = ['Unauthorized', 'Forbidden', 'Invalid', 'RequestEntityTooLarge'];

/** What is wrong with a policy on its own, its expressions aside. */
export function validateValidatingAdmissionPolicy({ spec }: ValidatingAdmissionPolicy): FieldError[] {
  const { matchConstraints, validations = [], auditAnnotations = [], paramKind } = spec;
  const errors = checkOneOf(specPath.child('failurePolicy'), spec.failurePolicy, ['Fail', 'Ignore']);
  if (paramKind !== undefined) errors.push(...validateParamKind(paramKind, specPath.child('paramKind')));
  if (matchConstraints === undefined) errors.push(fieldRequired(specPath.child('matchConstraints')));
  else errors.push(...validateMatchResources(matchConstraints, true, specPath.child('matchConstraints')));
  errors.push(...validateMatchConditions(spec.matchConditions ?? [], specPath.child('matchConditions')));
  errors.push(...validateVariables(spec.variables ?? [], specPath.child('variables')));
  if (validations.length === 0 && auditAnnotations.length === 0) {
    errors.push(fieldRequired(specPath.child('validations'), 'validations or auditAnnotations must be non-empty'));
    errors.push(fieldRequired(specPath.child('auditAnnotations'), 'validations or auditAnnotations must be non-empty'));
  }
  errors.push(...validations.flatMap((validation, i) => validateValidation(validation, specPath.child('validations').index(i))));
  return [...errors, ...validateAuditAnnotations(auditAnnotations, specPath.child('auditAnnotations'))];
}

function validateValidation({ expression, message = '', messageExpression, reason }: Validation, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  if (expression.trim() === '') errors.push(fieldRequired(path.child('expression'), 'expression is not specified'));
  if (messageExpression !== undefined && messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(fieldInvalid(path.child('messageExpression'), messageExpression, 'must be non-empty if specified'));
  }
  if (message !== '' && message.trim() === '')
    errors.push(fieldInvalid(path.child('message'), message, 'message must be non-empty if specified'));
  else if (message.trim().includes('\n')) errors.push(fieldInvalid(path.child('message'), message, 'message must not contain line breaks'));
  else if (expression.includes('\n') && message.trim() === '' && !messageExpression) {
    errors.push(fieldRequired(path.child('message'), 'message must be specified if expression contains line breaks'));
  }
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(fieldNotSupported(path.child('reason'), reason, REASONS));
  return errors;
}

function validateAuditAnnotations(annotations: readonly AuditAnnotation[], path: FieldPath): FieldError[] {
  const keys = new Set<string>();
  return annotations.flatMap(({ key, valueExpression }, i) => {
    const at = path.index(i);
    const errors =
      key === '' ? [fieldRequired(at.child('key'), 'key is not specified')] : validateByRule(key, isQualifiedName, at.child('key'));
    if (keys.has(key)) errors.push(fieldDuplicate(at.child('key'), key));
    keys.add(key);
    if (valueExpression.trim() === '') errors.push(fieldRequired(at.child('valueExpression'), 'valueExpression is not specified'));
    return errors;
  });
}
