import { ageCell, ageColumn, integerColumn, nameColumn, textColumn } from '../printing.ts';
import { defaultMatchResources } from './match-resources.ts';
import { defineKind } from '../kind-definition.ts';
import { paramKindCell } from './policy-cells.ts';
import { structOf } from '../struct-of.ts';
import { validateMutatingAdmissionPolicy } from './mutating-admission-policy-validation.ts';
import type { MutatingAdmissionPolicy } from '../generated/admissionregistration-v1.ts';

export const mutatingAdmissionPolicyKind = defineKind<MutatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  resource: 'mutatingadmissionpolicies',
  singular: 'mutatingadmissionpolicy',
  categories: ['api-extensions'],
  namespaced: false,
  hasStatus: false,
  hasGeneration: true,
  unconditionalUpdate: false,
  defaults(object) {
    const spec = structOf(object, 'spec');
    spec.failurePolicy ??= 'Fail';
    if (spec.matchConstraints) defaultMatchResources(spec.matchConstraints);
  },
  validate: validateMutatingAdmissionPolicy,
  columns: [
    nameColumn,
    integerColumn('Mutations', 'Mutations indicates the number of mutations defined in this policy'),
    textColumn('ParamKind', 'The kind of the objects that hold the parameters.'),
    ageColumn,
  ],
  row: (object, now) => [
    object.metadata.name,
    object.spec.mutations?.length ?? 0,
    paramKindCell(object.spec.paramKind),
    ageCell(object, now),
  ],
});
