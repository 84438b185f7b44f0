import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '#api/generated/admissionregistration-v1.ts';
import { StatusError } from '#apimachinery';
import { ConditionFailed, requestVariables, toCel } from '../admission/expressions/index.ts';
import type { Concerned } from '../admission/matching/index.ts';
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
}

const MAX_MESSAGE = 5 * 1024;
const CODES: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413, Invalid: 422 };

/** Lets all policies look at a write. Throws the refusal of the first that denies it; the others' warnings are given before. */
export async function checkPolicies(concerned: readonly Concerned<Policy>[], attributes: AdmissionAttributes, options: PolicyOptions): Promise<void> {
  const denials: StatusError[] = [];
  for (const { by, form } of concerned) {
    const bindings = bindingsFor(by, attributes, options.reader);
    if (bindings.length === 0) continue;
    const request = requestVariables(form, options.forms.own(attributes), attributes, options);
    for (const { binding } of bindings) {
      for (const failure of await failuresOf(by, binding, request, attributes, options)) act(by.policy, binding, failure, attributes, denials);
    }
  }
  if (denials[0] !== undefined) throw denials[0];
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
      for (const validation of compiled.validations) {
        const failure = check(validation, evaluation, isIgnored);
        if (failure !== undefined) failures.push(failure);
      }
    }
  } catch (error) {
    if (!(error instanceof BindingUnusable) && !(error instanceof ConditionFailed)) throw error;
    const message = error instanceof BindingUnusable ? `failed to configure binding: ${error.message}` : error.message;
    if (!isIgnored) failures.push({ message, reason: '' });
  }
  return failures;
}

function check(validation: CompiledValidation, evaluation: Evaluation, isIgnored: boolean): Failure | undefined {
  try {
    return evaluation.run(validation.expression) === true ? undefined : { message: messageOf(validation, evaluation), reason: validation.reason };
  } catch (error) {
    if (!(error instanceof EvaluationFailed)) throw error;
    return isIgnored ? undefined : { message: error.message, reason: '' };
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
  denials: StatusError[],
): void {
  const names = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${metadata.name}'`;
  for (const action of spec.validationActions ?? []) {
    if (action === 'Warn') attributes.warn(`Validation failed for ${names}: ${failure.message}`);
    else if (action === 'Deny') denials.push(denial(attributes, `${names} denied request: ${failure.message}`, failure.reason || 'Invalid'));
  }
}

/** The refusal of a policy: the usual 403's text with a code and reason of the policy's choice. */
export function denial(attributes: AdmissionAttributes, message: string, reason: string): StatusError {
  const { status } = refuse(attributes, message);
  return new StatusError({ ...status, code: CODES[reason] ?? 422, reason, details: { ...status.details, causes: [{ message }] } });
}
