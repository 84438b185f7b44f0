import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defaultMatchResources } from './match-resources.ts';
import { defineKind } from '../kind-definition.ts';
import { paramRefCell } from './policy-cells.ts';
import { structOf } from '../struct-of.ts';
import { validateValidatingAdmissionPolicyBinding } from './policy-binding-validation.ts';
import type { ValidatingAdmissionPolicyBinding } from '../generated/admissionregistration-v1.ts';

export const validatingAdmissionPolicyBindingKind = defineKind<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  resource: 'validatingadmissionpolicybindings',
  singular: 'validatingadmissionpolicybinding',
  categories: ['api-extensions'],
  namespaced: false,
  hasStatus: false,
  hasGeneration: true,
  unconditionalUpdate: false,
  defaults(object) {
    const { matchResources } = structOf(object, 'spec');
    if (matchResources) defaultMatchResources(matchResources);
  },
  validate: validateValidatingAdmissionPolicyBinding,
  columns: [
    nameColumn,
    textColumn('PolicyName', 'The policy that is bound.'),
    textColumn('ParamRef', 'The parameters that the policy gets.'),
    ageColumn,
  ],
  row: (object, now) => [object.metadata.name, object.spec.policyName ?? '', paramRefCell(object.spec.paramRef), ageCell(object, now)],
});
