import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '#api/generated/admissionregistration-v1.ts';
import { StatusError } from '#apimachinery';
import { ConditionFailed, requestVariables, toCel } from '../admission/expressions/index.ts';
import { showable, type Concerned } from '../admission/matching/index.ts';
import { refuse } from '../admission/refuse.ts';
import type { AdmissionAttributes } from '../types.ts';
import type { CompiledValidation } from './compile-policy.ts';
import { bindingsFor, type ConfiguredPolicy } from './configured-policies.ts';
import { Evaluation, EvaluationFailed } from './evaluate.ts';
import { BindingUnusable, findParams } from './params.ts';
import type { PolicyOptions } from './plugins.ts';

type Policy = ConfiguredPolicy<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>;

/** Why a policy is against a write. */
interface Failure {
  message: string;
  reason: string;
  /** Which of its expressions it was. */
  index: number;
}

/** What came of all policies together. */
interface Outcome {
  denials: StatusError[];
  audited: object[];
}

const VALIDATION_FAILURE = 'validation.policy.admission.k8s.io/validation_failure';
const MAX_MESSAGE = 5 * 1024;
const CODES: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413, Invalid: 422 };

/** Lets all policies look at a write. Throws the refusal of the first that denies it; the others' warnings are given before. */
export async function checkPolicies(
  concerned: readonly Concerned<Policy>[],
  attributes: AdmissionAttributes,
  options: PolicyOptions,
): Promise<void> {
  const outcome: Outcome = { denials: [], audited: [] };
  for (const { by, form } of concerned) {
    const bindings = bindingsFor(by, attributes, options.reader);
    if (bindings.length === 0) continue;
    const request = requestVariables(form, options.forms.own(attributes), await showable(form, attributes), options);
    for (const { binding } of bindings) {
      for (const failure of await failuresOf(by, binding, request, attributes, options))
        act(by.policy, binding, failure, attributes, outcome);
    }
  }
  if (outcome.audited.length > 0) attributes.annotate?.(VALIDATION_FAILURE, JSON.stringify(outcome.audited));
  if (outcome.denials[0] !== undefined) throw outcome.denials[0];
}

async function failuresOf(
  { policy, compiled }: Policy,
  binding: ValidatingAdmissionPolicyBinding,
  request: Record<string, unknown>,
  attributes: AdmissionAttributes,
  { registry }: PolicyOptions,
): Promise<Failure[]> {
  const isIgnored = policy.spec.failurePolicy === 'Ignore';
  const failures: Failure[] = [];
  try {
    for (const params of await findParams(policy.spec.paramKind, binding.spec.paramRef, attributes, registry)) {
      const evaluation = new Evaluation(compiled, request, toCel(params));
      if (compiled.conditions !== undefined && !compiled.conditions(evaluation.variables)) continue;
      for (const [index, validation] of compiled.validations.entries()) {
        const failure = check(validation, evaluation, isIgnored, index);
        if (failure !== undefined) failures.push(failure);
      }
      for (const annotation of compiled.auditAnnotations) {
        const failure = annotate(policy.metadata.name, annotation, evaluation, attributes);
        if (failure !== undefined && !isIgnored) failures.push(failure);
      }
    }
  } catch (error) {
    if (!(error instanceof BindingUnusable) && !(error instanceof ConditionFailed)) throw error;
    const message = error instanceof BindingUnusable ? `failed to configure binding: ${error.message}` : error.message;
    if (!isIgnored) failures.push({ message, reason: '', index: 0 });
  }
  return failures;
}

/** Notes what the policy has to say for the audit log: a text, or nothing for null. */
function annotate(
  policy: string,
  { key, expression }: Policy['compiled']['auditAnnotations'][number],
  evaluation: Evaluation,
  attributes: AdmissionAttributes,
): Failure | undefined {
  try {
    const value = evaluation.run(expression);
    if (typeof value === 'string' && value.trim() !== '') attributes.annotate?.(`${policy}/${key}`, value.trim());
    return undefined;
  } catch (error) {
    if (error instanceof EvaluationFailed) return { message: error.message, reason: '', index: 0 };
    throw error;
  }
}

function check(validation: CompiledValidation, evaluation: Evaluation, isIgnored: boolean, index: number): Failure | undefined {
  try {
    if (evaluation.run(validation.expression) === true) return undefined;
    return { message: messageOf(validation, evaluation), reason: validation.reason, index };
  } catch (error) {
    if (!(error instanceof EvaluationFailed)) throw error;
    return isIgnored ? undefined : { message: error.message, reason: '', index };
  }
}

function messageOf({ messageExpression, message, expression }: CompiledValidation, evaluation: Evaluation): string {
  const otherwise = message.trim() || `failed expression: ${expression.text.trim()}`;
  if (messageExpression === undefined) return otherwise;
  try {
    const text = evaluation.run(messageExpression);
    const isUsable = typeof text === 'string' && text.trim() !== '' && !text.includes('\n') && text.length <= MAX_MESSAGE;
    return isUsable ? text.trim() : otherwise;
  } catch (error) {
    if (error instanceof EvaluationFailed) return otherwise;
    throw error;
  }
}

function act(
  policy: ValidatingAdmissionPolicy,
  { metadata, spec }: ValidatingAdmissionPolicyBinding,
  failure: Failure,
  attributes: AdmissionAttributes,
  { denials, audited }: Outcome,
): void {
  const { name } = policy.metadata;
  const { message, reason, index } = failure;
  const names = `ValidatingAdmissionPolicy '${name}' with binding '${metadata.name}'`;
  for (const action of spec.validationActions ?? []) {
    if (action === 'Warn') attributes.warn(`Validation failed for ${names}: ${message}`);
    else if (action === 'Deny') denials.push(denial(attributes, `${names} denied request: ${message}`, reason || 'Invalid'));
    else if (action === 'Audit')
      audited.push({ message, policy: name, binding: metadata.name, expressionIndex: index, validationActions: spec.validationActions });
  }
}

/** The refusal of a policy: the usual 403's text with a code and reason of the policy's choice. */
export function denial(attributes: AdmissionAttributes, message: string, reason: string): StatusError {
  const { status } = refuse(attributes, message);
  return new StatusError({ ...status, code: CODES[reason] ?? 422, reason, details: { ...status.details, causes: [{ message }] } });
}
