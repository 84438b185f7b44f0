import { ageCell, ageColumn, formatLabelSelector, nameColumn, textColumn } from '../printing.ts';
import { defineKind } from '../kind-definition.ts';
import { networkPolicyExtensionsV1beta1 } from './conversion-network-policy.ts';
import { structOf } from '../struct-of.ts';
import { validateNetworkPolicy } from './network-policy-validation.ts';
import type { NetworkPolicy } from '../generated/networking-v1.ts';

function defaults(object: NetworkPolicy): void {
  const spec = structOf(object, 'spec');
  structOf(spec, 'podSelector');
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
  }
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
}

export const networkPolicyKind = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  resource: 'networkpolicies',
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  namespaced: true,
  alsoServed: [networkPolicyExtensionsV1beta1],
  hasStatus: false,
  hasGeneration: true,
  defaults,
  validate: validateNetworkPolicy,
  columns: [nameColumn, textColumn('Pod-Selector', 'The pods that the policy applies to.'), ageColumn],
  row: (object, now) => [object.metadata.name, formatLabelSelector(object.spec.podSelector), ageCell(object, now)],
});
