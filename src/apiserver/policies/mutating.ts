import type { MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding } from '#api/generated/admissionregistration-v1.ts';
import { codecOf } from '#api';
import { applyJsonPatch, applyObject, clone, decodeJsonPatch, objectEqual, StatusError, type KubeObject } from '#apimachinery';
import { ConditionFailed, fromCel, requestVariables, toCel } from '../admission/expressions/index.ts';
import { show, showable, takeOver, type Concerned, type RequestForm } from '../admission/matching/index.ts';
import type { AdmissionAttributes } from '../types.ts';
import type { CompiledMutation } from './compile-policy.ts';
import { bindingsFor, type ConfiguredPolicy } from './configured-policies.ts';
import { Evaluation, EvaluationFailed } from './evaluate.ts';
import { BindingUnusable, findParams } from './params.ts';
import type { PolicyOptions } from './plugins.ts';
import { denial } from './validating.ts';

type Policy = ConfiguredPolicy<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>;

/** What a policy made of the object is no such object. */
class MutationFailed extends Error {}

/** Lets all policies change a write's object, one after the other. Throws 422 for one that fails and may not. */
export async function applyPolicies(
  concerned: readonly Concerned<Policy>[],
  attributes: AdmissionAttributes,
  options: PolicyOptions,
): Promise<void> {
  if (attributes.object === undefined) return;
  for (const { by, form } of concerned) {
    if (attributes.isSecondRound === true && by.policy.spec.reinvocationPolicy !== 'IfNeeded') continue;
    for (const { binding } of bindingsFor(by, attributes, options.reader)) {
      try {
        if (await applyBinding(by, binding, form, attributes, options)) attributes.needsSecondRound = true;
      } catch (error) {
        if (!isFailure(error)) throw error;
        if (by.policy.spec.failurePolicy === 'Ignore') continue;
        const names = `policy '${by.policy.metadata.name}' with binding '${binding.metadata.name}'`;
        const why = error instanceof BindingUnusable ? `failed to configure binding: ${error.message}` : error.message;
        throw denial(attributes, `${names} denied request: ${why}`, 'Invalid');
      }
    }
  }
}

function isFailure(error: unknown): error is Error {
  return [EvaluationFailed, ConditionFailed, BindingUnusable, MutationFailed].some((failure) => error instanceof failure);
}

async function applyBinding(
  { policy, compiled }: Policy,
  binding: MutatingAdmissionPolicyBinding,
  form: RequestForm,
  attributes: AdmissionAttributes,
  options: PolicyOptions,
): Promise<boolean> {
  let isChanged = false;
  for (const params of await findParams(policy.spec.paramKind, binding.spec.paramRef, attributes, options.registry)) {
    const evaluate = async (): Promise<Evaluation> =>
      new Evaluation(
        compiled,
        requestVariables(form, options.forms.own(attributes), await showable(form, attributes), options),
        toCel(params),
      );
    if (compiled.conditions !== undefined && !compiled.conditions((await evaluate()).variables)) continue;
    // Each mutation sees what the one before has made of the object.
    for (const mutation of compiled.mutations) isChanged = (await mutate(mutation, await evaluate(), form, attributes)) || isChanged;
  }
  return isChanged;
}

async function mutate(
  mutation: CompiledMutation,
  evaluation: Evaluation,
  form: RequestForm,
  attributes: AdmissionAttributes,
): Promise<boolean> {
  const seen = await showable(form, attributes);
  const shown = show(form, seen, seen.object);
  if (shown === undefined) return false;
  const result = fromCel(evaluation.run(mutation.expression));
  try {
    const changed = mutation.isJsonPatch ? applyJsonPatch(shown, decodeJsonPatch(result)) : merge(shown, result, form);
    if (objectEqual(changed, shown)) return false;
    await takeOver(form, attributes, changed);
    return true;
  } catch (error) {
    if (error instanceof StatusError) throw new MutationFailed(error.message, { cause: error });
    throw error;
  }
}

/** Merges as server-side apply does, lists by their keys; who owns which field stays as it was. */
function merge(shown: KubeObject, result: unknown, { served, kind }: RequestForm): KubeObject {
  const schema = served?.schema ?? codecOf(kind.group, kind.version, kind.kind)?.schema;
  if (schema === undefined || typeof result !== 'object' || result === null)
    throw new MutationFailed(`the apply configuration of ${kind.kind} cannot be merged`);
  const { managedFields, ...metadata } = shown.metadata;
  const applied = result as Partial<KubeObject>;
  if (applied.metadata?.managedFields !== undefined) throw new MutationFailed('managed fields must not be set by a mutation');
  const { object } = applyObject({
    live: clone({ ...shown, metadata }),
    applied: { ...applied, apiVersion: shown.apiVersion, kind: shown.kind, metadata: { ...applied.metadata, name: shown.metadata.name } },
    manager: 'mutating-admission-policy',
    apiVersion: shown.apiVersion ?? '',
    subresource: '',
    force: true,
    now: new Date(),
    schema,
  });
  return clone({ ...object, metadata: { ...object.metadata, managedFields } });
}
