import { convertTo } from '../conversion.ts';
import type { NetworkPolicy } from '../generated/networking-v1.ts';
import type { ServedVersion } from '../kind-definition.ts';

/** A NetworkPolicy as it was called at first. */
export const networkPolicyExtensionsV1beta1: ServedVersion<NetworkPolicy> = {
  group: 'extensions',
  version: 'v1beta1',
  deprecated: { since: 'v1.9', removedIn: 'v1.16', use: 'networking.k8s.io/v1 NetworkPolicy' },
  toStorage: (object) => convertTo('networking.k8s.io/v1', object),
  fromStorage: (object) => convertTo('extensions/v1beta1', object),
};
