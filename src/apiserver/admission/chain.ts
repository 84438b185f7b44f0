import type { AdmissionAttributes, AdmissionPlugin } from '../types.ts';

/** Every write goes through both, one before and one after validation. They answer undefined unless something has to wait. */
export interface AdmissionChain {
  /** Lets plugins change the object or refuse it. Throws what a plugin throws. */
  admit(attributes: AdmissionAttributes): void | Promise<void>;
  /** Lets plugins refuse the object in its final form. */
  validate(attributes: AdmissionAttributes): void | Promise<void>;
}

/** Asks the plugins in the order given. Most writes concern few plugins and wait for none: those stay synchronous. */
export function admissionChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  const mutating = plugins.filter((plugin) => plugin.admit !== undefined);
  const validating = plugins.filter((plugin) => plugin.validate !== undefined);
  return {
    admit: (attributes) => admit(mutating, attributes),
    validate: (attributes) => run(validating, 'validate', 0, attributes),
  };
}

function admit(plugins: readonly AdmissionPlugin[], attributes: AdmissionAttributes): void | Promise<void> {
  const pending = run(plugins, 'admit', 0, attributes);
  if (pending instanceof Promise) return pending.then(() => secondRound(plugins, attributes));
  return secondRound(plugins, attributes);
}

function secondRound(plugins: readonly AdmissionPlugin[], attributes: AdmissionAttributes): void | Promise<void> {
  if (attributes.needsSecondRound !== true) return undefined;
  attributes.isSecondRound = true;
  return run(plugins, 'admit', 0, attributes);
}

function run(
  plugins: readonly AdmissionPlugin[],
  phase: 'admit' | 'validate',
  from: number,
  attributes: AdmissionAttributes,
): void | Promise<void> {
  for (let i = from; i < plugins.length; i++) {
    const plugin = plugins[i];
    if (plugin === undefined || !plugin.handles(attributes)) continue;
    const pending = plugin[phase]?.(attributes);
    if (pending instanceof Promise) return pending.then(() => run(plugins, phase, i + 1, attributes));
  }
}

/** The order in which plugins are asked, by name; those of other names come before the webhooks. */
const PLUGIN_ORDER: readonly string[] = [
  'NamespaceLifecycle',
  'LimitRanger',
  'ServiceAccount',
  'NodeRestriction',
  'TaintNodesByCondition',
  'AlwaysPullImages',
  'PodSecurity',
  'PodNodeSelector',
  'Priority',
  'DefaultTolerationSeconds',
  'PodTolerationRestriction',
  'EventRateLimit',
  'ExtendedResourceToleration',
  'DefaultStorageClass',
  'StorageObjectInUseProtection',
  'OwnerReferencesPermissionEnforcement',
  'PersistentVolumeClaimResize',
  'RuntimeClass',
  'CertificateApproval',
  'CertificateSigning',
  'ClusterTrustBundleAttest',
  'CertificateSubjectRestriction',
  'DefaultIngressClass',
  'PodTopologyLabels',
  'DenyServiceExternalIPs',
  'RBACEscalation',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionWebhook',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionWebhook',
  // Last, so that nothing is charged for what another plugin refuses.
  'ResourceQuota',
];

/** Sorts plugins by `PLUGIN_ORDER`. */
export function inOrder(plugins: readonly AdmissionPlugin[]): AdmissionPlugin[] {
  const others = PLUGIN_ORDER.indexOf('MutatingAdmissionPolicy') - 0.5;
  const rank = ({ name }: AdmissionPlugin): number => {
    const index = PLUGIN_ORDER.indexOf(name);
    return index < 0 ? others : index;
  };
  return [...plugins].sort((a, b) => rank(a) - rank(b));
}
