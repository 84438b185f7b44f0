import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '#api/generated/admissionregistration-v1.ts';
import type { Forms } from '../admission/matching/index.ts';
import type { Registry } from '../registry/index.ts';
import type { AdmissionPlugin, Authorizer, ObjectReader } from '../types.ts';
import { expressionCheck } from './check-expressions.ts';
import { ConfiguredPolicies } from './configured-policies.ts';
import { applyPolicies } from './mutating.ts';
import { checkPolicies } from './validating.ts';

export interface PolicyOptions {
  registry: Registry;
  reader: ObjectReader;
  authorize: Authorizer;
  forms: Forms;
}

const KINDS = ['validating', 'mutating'].flatMap((sort) => [`${sort}admissionpolicies`, `${sort}admissionpolicybindings`]);

/** What must be in memory before writes are let through. */
export const POLICY_READS: readonly { group: string; resource: string }[] = KINDS.map((resource) => ({
  group: 'admissionregistration.k8s.io',
  resource,
}));

/** The plugins that ask policies about writes; they cost nothing while none is bound. */
export function policyPlugins(options: PolicyOptions): AdmissionPlugin[] {
  const { reader, forms, registry } = options;
  const mutating = new ConfiguredPolicies<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>(reader, forms, {
    policies: 'mutatingadmissionpolicies',
    bindings: 'mutatingadmissionpolicybindings',
  });
  const validating = new ConfiguredPolicies<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>(reader, forms, {
    policies: 'validatingadmissionpolicies',
    bindings: 'validatingadmissionpolicybindings',
  });
  registry.onChange(() => {
    mutating.changed();
    validating.changed();
  });
  return [
    expressionCheck(),
    {
      name: 'MutatingAdmissionPolicy',
      handles: (attributes) => mutating.concernedBy(attributes).length > 0,
      admit: (attributes) => applyPolicies(mutating.concernedBy(attributes), attributes, options),
    },
    {
      name: 'ValidatingAdmissionPolicy',
      handles: (attributes) => validating.concernedBy(attributes).length > 0,
      validate: (attributes) => checkPolicies(validating.concernedBy(attributes), attributes, options),
    },
  ];
}
