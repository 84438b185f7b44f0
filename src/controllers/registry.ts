import type { StartController } from './context.ts';
import { startBootstrapSignerController, startTokenCleanerController } from './bootstrap/index.ts';
import { startClusterRoleAggregationController } from './clusterrole-aggregation/index.ts';
import { startCronJobController } from './cronjob/index.ts';
import { startCSRApprovingController, startCSRCleanerController, startCSRSigningController } from './csr/index.ts';
import { startDaemonSetController } from './daemonset/index.ts';
import { startDeploymentController } from './deployment/index.ts';
import { startDisruptionController } from './disruption/index.ts';
import { startEndpointsController } from './endpoints/index.ts';
import { startEndpointSliceController } from './endpointslice/index.ts';
import { startEndpointSliceMirroringController } from './endpointslicemirroring/index.ts';
import { startGarbageCollector } from './garbage-collector/index.ts';
import { startJobController } from './job/index.ts';
import { startNamespaceController } from './namespace/index.ts';
import { startNodeIPAMController } from './node-ipam/index.ts';
import { startNodeLifecycleController } from './node-lifecycle/index.ts';
import { startPodGCController } from './pod-gc/index.ts';
import { startReplicaSetController } from './replicaset/index.ts';
import { startReplicationController } from './replicationcontroller/index.ts';
import { startRootCACertPublisher } from './root-ca-cert-publisher/index.ts';
import { startServiceAccountTokenController } from './serviceaccount-token/index.ts';
import { startServiceAccountController } from './serviceaccount/index.ts';
import { startStatefulSetController } from './statefulset/index.ts';
import { startTaintEvictionController } from './taint-eviction/index.ts';
import { startTTLAfterFinishedController } from './ttl-after-finished/index.ts';
import { startTTLController } from './ttl/index.ts';
import { startPVCProtectionController, startPVProtectionController } from './volume-protection/index.ts';

interface Registered {
  start: StartController;
  /** Runs only if it is named. */
  onDemand?: boolean;
}

/** All controllers by the names that `--controllers` knows them by. */
export const CONTROLLERS: Readonly<Record<string, Registered>> = {
  'namespace-controller': { start: startNamespaceController },
  'serviceaccount-controller': { start: startServiceAccountController },
  'root-ca-certificate-publisher-controller': { start: startRootCACertPublisher },
  'deployment-controller': { start: startDeploymentController },
  'replicaset-controller': { start: startReplicaSetController },
  'endpoints-controller': { start: startEndpointsController },
  'endpointslice-controller': { start: startEndpointSliceController },
  'endpointslice-mirroring-controller': { start: startEndpointSliceMirroringController },
  'node-ipam-controller': { start: startNodeIPAMController },
  'node-lifecycle-controller': { start: startNodeLifecycleController },
  'taint-eviction-controller': { start: startTaintEvictionController },
  'pod-garbage-collector-controller': { start: startPodGCController },
  'replicationcontroller-controller': { start: startReplicationController },
  'daemonset-controller': { start: startDaemonSetController },
  'statefulset-controller': { start: startStatefulSetController },
  'job-controller': { start: startJobController },
  'cronjob-controller': { start: startCronJobController },
  'ttl-after-finished-controller': { start: startTTLAfterFinishedController },
  'disruption-controller': { start: startDisruptionController },
  'clusterrole-aggregation-controller': { start: startClusterRoleAggregationController },
  'ttl-controller': { start: startTTLController },
  'persistentvolumeclaim-protection-controller': { start: startPVCProtectionController },
  'persistentvolume-protection-controller': { start: startPVProtectionController },
  'serviceaccount-token-controller': { start: startServiceAccountTokenController },
  'certificatesigningrequest-approving-controller': { start: startCSRApprovingController },
  'certificatesigningrequest-signing-controller': { start: startCSRSigningController },
  'certificatesigningrequest-cleaner-controller': { start: startCSRCleanerController },
  'bootstrap-signer-controller': { start: startBootstrapSignerController, onDemand: true },
  'token-cleaner-controller': { start: startTokenCleanerController, onDemand: true },
  // Last: it shares the informers that the others have started.
  'garbage-collector-controller': { start: startGarbageCollector },
};

/** The names that were used before v1.27 and are still understood. */
const ALIASES: Readonly<Record<string, string>> = {
  attachdetach: 'persistentvolume-attach-detach-controller',
  bootstrapsigner: 'bootstrap-signer-controller',
  'clusterrole-aggregation': 'clusterrole-aggregation-controller',
  cronjob: 'cronjob-controller',
  csrapproving: 'certificatesigningrequest-approving-controller',
  csrcleaner: 'certificatesigningrequest-cleaner-controller',
  csrsigning: 'certificatesigningrequest-signing-controller',
  daemonset: 'daemonset-controller',
  deployment: 'deployment-controller',
  disruption: 'disruption-controller',
  endpoint: 'endpoints-controller',
  endpointslice: 'endpointslice-controller',
  endpointslicemirroring: 'endpointslice-mirroring-controller',
  garbagecollector: 'garbage-collector-controller',
  horizontalpodautoscaling: 'horizontal-pod-autoscaler-controller',
  job: 'job-controller',
  namespace: 'namespace-controller',
  nodeipam: 'node-ipam-controller',
  nodelifecycle: 'node-lifecycle-controller',
  'persistentvolume-binder': 'persistentvolume-binder-controller',
  podgc: 'pod-garbage-collector-controller',
  'pv-protection': 'persistentvolume-protection-controller',
  'pvc-protection': 'persistentvolumeclaim-protection-controller',
  replicaset: 'replicaset-controller',
  replicationcontroller: 'replicationcontroller-controller',
  resourcequota: 'resourcequota-controller',
  'root-ca-cert-publisher': 'root-ca-certificate-publisher-controller',
  serviceaccount: 'serviceaccount-controller',
  'serviceaccount-token': 'serviceaccount-token-controller',
  statefulset: 'statefulset-controller',
  tokencleaner: 'token-cleaner-controller',
  ttl: 'ttl-controller',
  'ttl-after-finished': 'ttl-after-finished-controller',
};

/**
 * The names of the controllers that `--controllers` asks for: `*` stands for all that run by default, `foo` adds one, `-foo`
 * takes one away, whatever the order. @throws Error for a name that no controller has.
 */
export function selectControllers(wanted: readonly string[] = ['*']): string[] {
  const named = new Set<string>();
  const refused = new Set<string>();
  for (const item of wanted) {
    if (item === '*') continue;
    const name = item.replace(/^-/, '');
    (item.startsWith('-') ? refused : named).add(canonicalName(name));
  }
  const all = wanted.includes('*');
  return Object.keys(CONTROLLERS).filter((name) => named.has(name) || (all && !CONTROLLERS[name]!.onDemand && !refused.has(name)));
}

function canonicalName(name: string): string {
  const canonical = ALIASES[name] ?? name;
  const isKnown = canonical in CONTROLLERS || Object.values(ALIASES).includes(canonical);
  if (!isKnown) throw new Error(`"${name}" is not in the list of known controllers`);
  return canonical;
}
