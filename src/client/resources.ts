import type { KubeObject } from '#apimachinery';
import type * as corev1 from '#api/generated/core-v1.ts';
import type * as appsv1 from '#api/generated/apps-v1.ts';
import type * as batchv1 from '#api/generated/batch-v1.ts';
import type * as discoveryv1 from '#api/generated/discovery-v1.ts';
import type * as coordinationv1 from '#api/generated/coordination-v1.ts';
import type * as policyv1 from '#api/generated/policy-v1.ts';
import type * as autoscalingv2 from '#api/generated/autoscaling-v2.ts';
import type * as networkingv1 from '#api/generated/networking-v1.ts';
import type * as rbacv1 from '#api/generated/rbac-v1.ts';
import type * as certificatesv1 from '#api/generated/certificates-v1.ts';
import type * as storagev1 from '#api/generated/storage-v1.ts';
import type * as schedulingv1 from '#api/generated/scheduling-v1.ts';
import type * as nodev1 from '#api/generated/node-v1.ts';
import type * as apiextensionsv1 from '#api/generated/apiextensions-v1.ts';
import type * as apiregistrationv1 from '#api/generated/apiregistration-v1.ts';
import type * as admissionregistrationv1 from '#api/generated/admissionregistration-v1.ts';
import type * as flowcontrolv1 from '#api/generated/flowcontrol-v1.ts';
import type * as resourcev1 from '#api/generated/resource-v1.ts';
import type { ResourceType } from './types.ts';

function type<T extends KubeObject>(group: string, version: string, resource: string, kind: string, namespaced: boolean): ResourceType<T> {
  return { group, version, resource, kind, namespaced };
}

const NAMESPACED = true;
const CLUSTER = false;

/** The resources that components ask for by name. */
export const resources = {
  pods: type<corev1.Pod>('', 'v1', 'pods', 'Pod', NAMESPACED),
  services: type<corev1.Service>('', 'v1', 'services', 'Service', NAMESPACED),
  endpoints: type<corev1.Endpoints>('', 'v1', 'endpoints', 'Endpoints', NAMESPACED),
  nodes: type<corev1.Node>('', 'v1', 'nodes', 'Node', CLUSTER),
  namespaces: type<corev1.Namespace>('', 'v1', 'namespaces', 'Namespace', CLUSTER),
  configMaps: type<corev1.ConfigMap>('', 'v1', 'configmaps', 'ConfigMap', NAMESPACED),
  secrets: type<corev1.Secret>('', 'v1', 'secrets', 'Secret', NAMESPACED),
  serviceAccounts: type<corev1.ServiceAccount>('', 'v1', 'serviceaccounts', 'ServiceAccount', NAMESPACED),
  events: type<corev1.Event>('', 'v1', 'events', 'Event', NAMESPACED),
  persistentVolumes: type<corev1.PersistentVolume>('', 'v1', 'persistentvolumes', 'PersistentVolume', CLUSTER),
  persistentVolumeClaims: type<corev1.PersistentVolumeClaim>('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', NAMESPACED),
  replicationControllers: type<corev1.ReplicationController>('', 'v1', 'replicationcontrollers', 'ReplicationController', NAMESPACED),
  resourceQuotas: type<corev1.ResourceQuota>('', 'v1', 'resourcequotas', 'ResourceQuota', NAMESPACED),
  limitRanges: type<corev1.LimitRange>('', 'v1', 'limitranges', 'LimitRange', NAMESPACED),
  podTemplates: type<corev1.PodTemplate>('', 'v1', 'podtemplates', 'PodTemplate', NAMESPACED),
  deployments: type<appsv1.Deployment>('apps', 'v1', 'deployments', 'Deployment', NAMESPACED),
  replicaSets: type<appsv1.ReplicaSet>('apps', 'v1', 'replicasets', 'ReplicaSet', NAMESPACED),
  daemonSets: type<appsv1.DaemonSet>('apps', 'v1', 'daemonsets', 'DaemonSet', NAMESPACED),
  statefulSets: type<appsv1.StatefulSet>('apps', 'v1', 'statefulsets', 'StatefulSet', NAMESPACED),
  controllerRevisions: type<appsv1.ControllerRevision>('apps', 'v1', 'controllerrevisions', 'ControllerRevision', NAMESPACED),
  jobs: type<batchv1.Job>('batch', 'v1', 'jobs', 'Job', NAMESPACED),
  cronJobs: type<batchv1.CronJob>('batch', 'v1', 'cronjobs', 'CronJob', NAMESPACED),
  endpointSlices: type<discoveryv1.EndpointSlice>('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice', NAMESPACED),
  leases: type<coordinationv1.Lease>('coordination.k8s.io', 'v1', 'leases', 'Lease', NAMESPACED),
  podDisruptionBudgets: type<policyv1.PodDisruptionBudget>('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget', NAMESPACED),
  horizontalPodAutoscalers: type<autoscalingv2.HorizontalPodAutoscaler>(
    'autoscaling',
    'v2',
    'horizontalpodautoscalers',
    'HorizontalPodAutoscaler',
    NAMESPACED,
  ),
  ingresses: type<networkingv1.Ingress>('networking.k8s.io', 'v1', 'ingresses', 'Ingress', NAMESPACED),
  ingressClasses: type<networkingv1.IngressClass>('networking.k8s.io', 'v1', 'ingressclasses', 'IngressClass', CLUSTER),
  networkPolicies: type<networkingv1.NetworkPolicy>('networking.k8s.io', 'v1', 'networkpolicies', 'NetworkPolicy', NAMESPACED),
  ipAddresses: type<networkingv1.IPAddress>('networking.k8s.io', 'v1', 'ipaddresses', 'IPAddress', CLUSTER),
  serviceCIDRs: type<networkingv1.ServiceCIDR>('networking.k8s.io', 'v1', 'servicecidrs', 'ServiceCIDR', CLUSTER),
  roles: type<rbacv1.Role>('rbac.authorization.k8s.io', 'v1', 'roles', 'Role', NAMESPACED),
  roleBindings: type<rbacv1.RoleBinding>('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding', NAMESPACED),
  clusterRoles: type<rbacv1.ClusterRole>('rbac.authorization.k8s.io', 'v1', 'clusterroles', 'ClusterRole', CLUSTER),
  clusterRoleBindings: type<rbacv1.ClusterRoleBinding>(
    'rbac.authorization.k8s.io',
    'v1',
    'clusterrolebindings',
    'ClusterRoleBinding',
    CLUSTER,
  ),
  certificateSigningRequests: type<certificatesv1.CertificateSigningRequest>(
    'certificates.k8s.io',
    'v1',
    'certificatesigningrequests',
    'CertificateSigningRequest',
    CLUSTER,
  ),
  storageClasses: type<storagev1.StorageClass>('storage.k8s.io', 'v1', 'storageclasses', 'StorageClass', CLUSTER),
  volumeAttachments: type<storagev1.VolumeAttachment>('storage.k8s.io', 'v1', 'volumeattachments', 'VolumeAttachment', CLUSTER),
  csiDrivers: type<storagev1.CSIDriver>('storage.k8s.io', 'v1', 'csidrivers', 'CSIDriver', CLUSTER),
  csiNodes: type<storagev1.CSINode>('storage.k8s.io', 'v1', 'csinodes', 'CSINode', CLUSTER),
  csiStorageCapacities: type<storagev1.CSIStorageCapacity>(
    'storage.k8s.io',
    'v1',
    'csistoragecapacities',
    'CSIStorageCapacity',
    NAMESPACED,
  ),
  priorityClasses: type<schedulingv1.PriorityClass>('scheduling.k8s.io', 'v1', 'priorityclasses', 'PriorityClass', CLUSTER),
  runtimeClasses: type<nodev1.RuntimeClass>('node.k8s.io', 'v1', 'runtimeclasses', 'RuntimeClass', CLUSTER),
  customResourceDefinitions: type<apiextensionsv1.CustomResourceDefinition>(
    'apiextensions.k8s.io',
    'v1',
    'customresourcedefinitions',
    'CustomResourceDefinition',
    CLUSTER,
  ),
  apiServices: type<apiregistrationv1.APIService>('apiregistration.k8s.io', 'v1', 'apiservices', 'APIService', CLUSTER),
  mutatingWebhookConfigurations: type<admissionregistrationv1.MutatingWebhookConfiguration>(
    'admissionregistration.k8s.io',
    'v1',
    'mutatingwebhookconfigurations',
    'MutatingWebhookConfiguration',
    CLUSTER,
  ),
  validatingWebhookConfigurations: type<admissionregistrationv1.ValidatingWebhookConfiguration>(
    'admissionregistration.k8s.io',
    'v1',
    'validatingwebhookconfigurations',
    'ValidatingWebhookConfiguration',
    CLUSTER,
  ),
  validatingAdmissionPolicies: type<admissionregistrationv1.ValidatingAdmissionPolicy>(
    'admissionregistration.k8s.io',
    'v1',
    'validatingadmissionpolicies',
    'ValidatingAdmissionPolicy',
    CLUSTER,
  ),
  validatingAdmissionPolicyBindings: type<admissionregistrationv1.ValidatingAdmissionPolicyBinding>(
    'admissionregistration.k8s.io',
    'v1',
    'validatingadmissionpolicybindings',
    'ValidatingAdmissionPolicyBinding',
    CLUSTER,
  ),
  flowSchemas: type<flowcontrolv1.FlowSchema>('flowcontrol.apiserver.k8s.io', 'v1', 'flowschemas', 'FlowSchema', CLUSTER),
  priorityLevelConfigurations: type<flowcontrolv1.PriorityLevelConfiguration>(
    'flowcontrol.apiserver.k8s.io',
    'v1',
    'prioritylevelconfigurations',
    'PriorityLevelConfiguration',
    CLUSTER,
  ),
  resourceClaims: type<resourcev1.ResourceClaim>('resource.k8s.io', 'v1', 'resourceclaims', 'ResourceClaim', NAMESPACED),
  resourceClaimTemplates: type<resourcev1.ResourceClaimTemplate>(
    'resource.k8s.io',
    'v1',
    'resourceclaimtemplates',
    'ResourceClaimTemplate',
    NAMESPACED,
  ),
  deviceClasses: type<resourcev1.DeviceClass>('resource.k8s.io', 'v1', 'deviceclasses', 'DeviceClass', CLUSTER),
  resourceSlices: type<resourcev1.ResourceSlice>('resource.k8s.io', 'v1', 'resourceslices', 'ResourceSlice', CLUSTER),
} as const;
