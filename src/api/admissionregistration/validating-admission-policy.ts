import { ageCell, ageColumn, integerColumn, nameColumn, textColumn } from '../printing.ts';
import { defaultMatchResources } from './match-resources.ts';
import { defineKind } from '../kind-definition.ts';
import { paramKindCell } from './policy-cells.ts';
import { structOf } from '../struct-of.ts';
import { validateValidatingAdmissionPolicy } from './validating-admission-policy-validation.ts';
import type { ValidatingAdmissionPolicy } from '../generated/admissionregistration-v1.ts';

export const validatingAdmissionPolicyKind = defineKind<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  resource: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
  categories: ['api-extensions'],
  namespaced: false,
  hasStatus: true,
  hasGeneration: true,
  unconditionalUpdate: false,
  defaults(object) {
    const spec = structOf(object, 'spec');
    spec.failurePolicy ??= 'Fail';
    if (spec.matchConstraints) defaultMatchResources(spec.matchConstraints);
    structOf(object, 'status');
  },
  prepareForCreate(object) {
    object.status = {};
  },
  validate: validateValidatingAdmissionPolicy,
  columns: [
    nameColumn,
    integerColumn('Validations', 'Validations indicates the number of validations defined in this policy'),
    textColumn('ParamKind', 'The kind of the objects that hold the parameters.'),
    ageColumn,
  ],
  row: (object, now) => [
    object.metadata.name,
    object.spec.validations?.length ?? 0,
    paramKindCell(object.spec.paramKind),
    ageCell(object, now),
  ],
});
