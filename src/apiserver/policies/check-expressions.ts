import type { Environment } from '@marcbachmann/cel-js';
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicySpec,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicySpec,
  ValidatingWebhookConfiguration,
} from '#api/generated/admissionregistration-v1.ts';
import { fieldInvalid, invalid, objectEqual, root, type FieldError, type FieldPath } from '#apimachinery';
import { admissionEnvironment } from '../admission/expressions/index.ts';
import { InvalidExpression } from '../cel/index.ts';
import type { AdmissionPlugin } from '../types.ts';
import { policyEnvironment, tryCompile } from './compile-policy.ts';
import { withoutTypedLiterals } from './literals.ts';

type Spec = Partial<ValidatingAdmissionPolicySpec> & Partial<MutatingAdmissionPolicySpec>;
interface Expression {
  path: FieldPath;
  text: string | undefined;
  environment: Environment;
  types?: readonly string[];
}

const POLICIES = new Set(['validatingadmissionpolicies', 'mutatingadmissionpolicies']);
const WEBHOOKS = new Set(['validatingwebhookconfigurations', 'mutatingwebhookconfigurations']);

/** Policies and webhooks whose expressions are wrong are not stored. */
export function expressionCheck(): AdmissionPlugin {
  return {
    name: 'AdmissionExpressions',
    handles: ({ resource, operation, subresource }) =>
      resource.group === 'admissionregistration.k8s.io' && (operation === 'CREATE' || operation === 'UPDATE') && subresource === '',
    validate({ object, oldObject, resource, kind, name }) {
      const errors = expressionsOf(resource.resource, object)
        .filter(({ text }) => text !== undefined && text.trim() !== '')
        .flatMap((expression) => problem(expression));
      // Whatever has been let in before may stay.
      if (errors.length > 0 && !objectEqual(specOf(object), specOf(oldObject))) throw invalid(kind, name, errors);
    },
  };
}

function specOf(object: object | undefined): unknown {
  const { spec, webhooks } = (object ?? {}) as { spec?: unknown; webhooks?: unknown };
  return spec ?? webhooks;
}

function problem({ path, text = '', environment, types }: Expression): FieldError[] {
  const compiled = tryCompile(environment, withoutTypedLiterals(text), types);
  return compiled instanceof InvalidExpression ? [fieldInvalid(path, text, compiled.message)] : [];
}

function expressionsOf(resource: string, object: unknown): Expression[] {
  if (POLICIES.has(resource)) return inPolicy((object as ValidatingAdmissionPolicy | MutatingAdmissionPolicy).spec);
  if (!WEBHOOKS.has(resource)) return [];
  const environment = admissionEnvironment();
  return ((object as ValidatingWebhookConfiguration).webhooks ?? []).flatMap(({ matchConditions = [] }, i) =>
    matchConditions.map(({ expression }, j) => ({
      path: root.child('webhooks').index(i).child('matchConditions').index(j).child('expression'),
      text: expression,
      environment,
      types: ['bool'],
    })),
  );
}

function inPolicy(spec: Spec): Expression[] {
  const { conditions, expressions } = policyEnvironment(spec);
  const at = (list: string, index: number, ...rest: string[]): FieldPath =>
    rest.reduce((path, name) => path.child(name), root.child('spec', list).index(index));
  return [
    ...(spec.matchConditions ?? []).map(({ expression }, i) => ({
      path: at('matchConditions', i, 'expression'),
      text: expression,
      environment: conditions,
      types: ['bool'],
    })),
    ...(spec.variables ?? []).map(({ expression }, i) => ({
      path: at('variables', i, 'expression'),
      text: expression,
      environment: expressions,
    })),
    ...(spec.validations ?? []).flatMap(({ expression, messageExpression }, i) => [
      { path: at('validations', i, 'expression'), text: expression, environment: expressions, types: ['bool'] },
      { path: at('validations', i, 'messageExpression'), text: messageExpression, environment: expressions, types: ['string'] },
    ]),
    ...(spec.auditAnnotations ?? []).map(({ valueExpression }, i) => ({
      path: at('auditAnnotations', i, 'valueExpression'),
      text: valueExpression,
      environment: expressions,
      types: ['string', 'null_type', 'null'],
    })),
    ...(spec.mutations ?? []).flatMap(({ applyConfiguration, jsonPatch }, i) => [
      { path: at('mutations', i, 'applyConfiguration', 'expression'), text: applyConfiguration?.expression, environment: expressions },
      { path: at('mutations', i, 'jsonPatch', 'expression'), text: jsonPatch?.expression, environment: expressions },
    ]),
  ];
}
