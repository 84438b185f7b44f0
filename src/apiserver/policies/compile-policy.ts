import type { Environment } from '@marcbachmann/cel-js';
import type { MutatingAdmissionPolicySpec, ValidatingAdmissionPolicySpec } from '#api/generated/admissionregistration-v1.ts';
import { admissionEnvironment, compileConditions, type Conditions } from '../admission/expressions/index.ts';
import { compileExpression, InvalidExpression, type Program } from '../cel/index.ts';
import { withoutTypedLiterals } from './literals.ts';

/** An expression with its text; one that did not compile keeps what is wrong with it, and fails whenever it is asked. */
export interface CompiledExpression {
  text: string;
  program: Program | InvalidExpression;
}

export interface CompiledValidation {
  expression: CompiledExpression;
  message: string;
  messageExpression: CompiledExpression | undefined;
  reason: string;
}

export interface CompiledMutation {
  expression: CompiledExpression;
  isJsonPatch: boolean;
}

/** The expressions of a policy, compiled. */
export interface CompiledPolicy {
  conditions: Conditions | undefined;
  variables: readonly { name: string; expression: CompiledExpression }[];
  validations: readonly CompiledValidation[];
  mutations: readonly CompiledMutation[];
  auditAnnotations: readonly { key: string; expression: CompiledExpression }[];
}

type Spec = Partial<ValidatingAdmissionPolicySpec> & Partial<MutatingAdmissionPolicySpec>;

/** What `jsonpatch.` stands for. */
class JsonPatchFunctions {
  /** A field's name as a part of a path. */
  escapeKey(key: string): string {
    return key.replaceAll('~', '~0').replaceAll('/', '~1');
  }
}

/** The environment of a policy's expressions; match conditions do without `variables`. */
export function policyEnvironment(spec: Spec): { conditions: Environment; expressions: Environment } {
  const named = { params: spec.paramKind !== undefined, namespaceObject: true };
  const expressions = admissionEnvironment({ ...named, variables: true });
  if (spec.mutations !== undefined) {
    expressions
      .registerType('JsonPatchFunctions', JsonPatchFunctions)
      .registerConstant('jsonpatch', 'JsonPatchFunctions', new JsonPatchFunctions())
      .registerFunction('JsonPatchFunctions.escapeKey(string): string', (it: JsonPatchFunctions, key: string) => it.escapeKey(key));
  }
  return { conditions: admissionEnvironment(named), expressions };
}

/** Compiles all expressions of a policy. */
export function compilePolicy(spec: Spec): CompiledPolicy {
  const { conditions, expressions } = policyEnvironment(spec);
  const compile = (text: string, types?: readonly string[]): CompiledExpression => ({
    text,
    program: tryCompile(expressions, text, types),
  });
  return {
    conditions: compileConditions(spec.matchConditions ?? [], conditions),
    variables: (spec.variables ?? []).map(({ name, expression }) => ({ name, expression: compile(expression) })),
    validations: (spec.validations ?? []).map(({ expression, message = '', messageExpression = '', reason = '' }) => ({
      expression: compile(expression, ['bool']),
      message,
      messageExpression: messageExpression === '' ? undefined : compile(messageExpression, ['string']),
      reason,
    })),
    auditAnnotations: (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({ key, expression: compile(valueExpression) })),
    mutations: (spec.mutations ?? []).map(({ patchType, applyConfiguration, jsonPatch }) => ({
      expression: compile(withoutTypedLiterals(jsonPatch?.expression ?? applyConfiguration?.expression ?? '')),
      isJsonPatch: patchType === 'JSONPatch',
    })),
  };
}

/** `types`: what it may evaluate to; absent: anything. */
export function tryCompile(environment: Environment, text: string, types?: readonly string[]): Program | InvalidExpression {
  try {
    return compileExpression(environment, text, types);
  } catch (error) {
    if (error instanceof InvalidExpression) return error;
    throw error;
  }
}
