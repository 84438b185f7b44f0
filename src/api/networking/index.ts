import { ingressClassKind } from './ingress-class.ts';
import { ingressKind } from './ingress.ts';
import { ipAddressKind } from './ip-address.ts';
import { networkPolicyKind } from './network-policy.ts';
import { serviceCidrKind } from './service-cidr.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `networking.k8s.io`. */
export const networkingKinds: readonly KindDefinition[] = [
  ingressClassKind,
  ingressKind,
  ipAddressKind,
  networkPolicyKind,
  serviceCidrKind,
];
