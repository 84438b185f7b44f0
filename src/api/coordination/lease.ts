import { ageCell, ageColumn, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { fieldInvalid, root, validateNonNegative, validatePositive, type FieldError } from '#apimachinery';
import { structOf } from '../struct-of.ts';
import type { Lease } from '../generated/coordination-v1.ts';

function validate({ spec }: Lease): FieldError[] {
  const path = root.child('spec');
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = spec;
  const errors = validatePositive(leaseDurationSeconds, path.child('leaseDurationSeconds'));
  errors.push(...validateNonNegative(leaseTransitions, path.child('leaseTransitions')));
  if (preferredHolder && !strategy) {
    errors.push(
      fieldInvalid(path.child('preferredHolder'), preferredHolder, '`strategy` must be specified if `preferredHolder` is specified'),
    );
  }
  return errors;
}

export const leaseKind = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  resource: 'leases',
  singular: 'lease',
  namespaced: true,
  alsoServed: [{ version: 'v1beta1', deprecated: { since: 'v1.19', removedIn: 'v1.22', use: 'coordination.k8s.io/v1 Lease' } }],
  hasStatus: false,
  createOnUpdate: true,
  unconditionalUpdate: false,
  defaults: (object) => void structOf(object, 'spec'),
  validate,
  columns: [nameColumn, textColumn('Holder', 'The holder of the lease, as it calls itself.'), ageColumn],
  row: (object, now) => [object.metadata.name, object.spec.holderIdentity ?? '', ageCell(object, now)],
});
