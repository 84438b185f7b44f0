import type { AdmissionPlugin, Authorizer, ObjectReader } from '../types.ts';
import { certificateApproval, certificateSigning, certificateSubjectRestriction, clusterTrustBundleAttest } from './certificates.ts';
import { admissionChain, inOrder, type AdmissionChain } from './chain.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { defaultTolerationSeconds, runtimeClass, taintNodesByCondition } from './pod-defaults.ts';
import { podSecurity } from './pod-security/plugin.ts';
import { priority } from './priority.ts';
import { resourceQuota, type UpdateQuotaStatus } from './resource-quota/plugin.ts';
import { serviceAccount } from './service-account.ts';
import { defaultIngressClass, defaultStorageClass, persistentVolumeClaimResize, storageObjectInUseProtection } from './storage-defaults.ts';

const CORE_READS = ['namespaces', 'limitranges', 'serviceaccounts', 'pods', 'nodes', 'resourcequotas'];

/** What the plugins read: before its caches are ready, they refuse too much (and quotas and limits do not hold). */
export const ADMISSION_READS: readonly { group: string; resource: string }[] = [
  ...CORE_READS.map((resource) => ({ group: '', resource })),
  { group: 'scheduling.k8s.io', resource: 'priorityclasses' },
  { group: 'storage.k8s.io', resource: 'storageclasses' },
  { group: 'networking.k8s.io', resource: 'ingressclasses' },
  { group: 'node.k8s.io', resource: 'runtimeclasses' },
];

export interface AdmissionOptions {
  reader: ObjectReader;
  authorize: Authorizer;
  updateQuotaStatus: UpdateQuotaStatus;
  /** Names of plugins to leave out. */
  disabled?: readonly string[];
  /** Further plugins: RBAC's escalation check, webhooks, policies. */
  additional?: readonly AdmissionPlugin[];
}

/** The plugins that are on by default, with NodeRestriction, which kubeadm adds, in their order. */
export function createAdmission({
  reader,
  authorize,
  updateQuotaStatus,
  disabled = [],
  additional = [],
}: AdmissionOptions): AdmissionChain {
  const plugins = [
    namespaceLifecycle(reader),
    limitRanger(reader),
    serviceAccount(reader),
    nodeRestriction(reader),
    taintNodesByCondition(),
    podSecurity(reader),
    priority(reader),
    defaultTolerationSeconds(),
    defaultStorageClass(reader),
    storageObjectInUseProtection(),
    persistentVolumeClaimResize(reader),
    runtimeClass(reader),
    certificateApproval(authorize),
    certificateSigning(authorize),
    clusterTrustBundleAttest(authorize),
    certificateSubjectRestriction(),
    defaultIngressClass(reader),
    resourceQuota(reader, updateQuotaStatus),
    ...additional,
  ];
  return admissionChain(inOrder(plugins.filter(({ name }) => !disabled.includes(name))));
}
