import { objectEqual } from '#apimachinery';
import type { ClusterRole, ClusterRoleBinding, PolicyRule } from '#api/generated/rbac-v1.ts';
import { NODE_RULES } from './node-rules.ts';
import { account, aggregatedRole, ALL, clusterBinding, clusterRole, EVENTS, group, paths, READ, rule, user, WRITE } from './rule.ts';

const RBAC = 'rbac.authorization.k8s.io';
const CERTIFICATES = 'certificates.k8s.io';
const TO_ADMIN = `${RBAC}/aggregate-to-admin`;
const TO_EDIT = `${RBAC}/aggregate-to-edit`;
const TO_VIEW = `${RBAC}/aggregate-to-view`;

const TOKEN_REVIEWS = rule('create', 'authentication.k8s.io', 'tokenreviews');
const ACCESS_REVIEWS = rule('create', 'authorization.k8s.io', 'subjectaccessreviews');

/** Roles for people, within a namespace. `admin`, `edit` and `view` gather theirs, so that others can add to them. */
const USER_ROLES: ClusterRole[] = [
  clusterRole('cluster-admin', [rule('*', '*', '*'), { verbs: ['*'], nonResourceURLs: ['*'] }]),
  aggregatedRole('admin', TO_ADMIN),
  aggregatedRole('edit', TO_EDIT, { [TO_ADMIN]: 'true' }),
  aggregatedRole('view', TO_VIEW, { [TO_EDIT]: 'true' }),
  clusterRole(
    'system:aggregate-to-admin',
    [rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'), rule(ALL, RBAC, 'rolebindings roles')],
    { [TO_ADMIN]: 'true' },
  ),
  clusterRole(
    'system:aggregate-to-edit',
    [
      rule(READ, 'core', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
      rule('impersonate', 'core', 'serviceaccounts'),
      rule(WRITE, 'core', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
      rule('create', 'core', 'pods/eviction'),
      rule(
        WRITE,
        'core',
        'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
      ),
      rule('create', 'core', 'serviceaccounts/token'),
      rule(
        WRITE,
        'apps',
        'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
      ),
      rule(WRITE, 'autoscaling', 'horizontalpodautoscalers'),
      rule(WRITE, 'batch', 'cronjobs jobs'),
      rule(
        WRITE,
        'extensions',
        'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale',
      ),
      rule(WRITE, 'policy', 'poddisruptionbudgets'),
      rule(WRITE, 'networking.k8s.io', 'ingresses networkpolicies'),
      rule(ALL, 'coordination.k8s.io', 'leases'),
      rule(WRITE, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'),
    ],
    { [TO_EDIT]: 'true' },
  ),
  clusterRole(
    'system:aggregate-to-view',
    [
      rule(
        READ,
        'core',
        'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
      ),
      rule(
        READ,
        'core',
        'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
      ),
      rule(READ, 'core', 'namespaces'),
      rule(READ, 'discovery.k8s.io', 'endpointslices'),
      rule(
        READ,
        'apps',
        'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
      ),
      rule(READ, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
      rule(READ, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
      rule(
        READ,
        'extensions',
        'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
      ),
      rule(READ, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
      rule(READ, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
      rule(READ, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'),
    ],
    { [TO_VIEW]: 'true' },
  ),
];

/** What everybody may do to find their way. */
const DISCOVERY_ROLES: ClusterRole[] = [
  clusterRole('system:discovery', [paths('/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/')]),
  clusterRole('system:monitoring', [paths('/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*')]),
  clusterRole('system:basic-user', [
    rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ]),
  clusterRole('system:public-info-viewer', [paths('/healthz /livez /readyz /version /version/')]),
  clusterRole('system:service-account-issuer-discovery', [paths('/.well-known/openid-configuration /openid/v1/jwks')]),
];

const COMPONENT_ROLES: ClusterRole[] = [
  clusterRole('system:heapster', [rule(READ, 'core', 'events namespaces nodes pods'), rule(READ, 'extensions', 'deployments')]),
  clusterRole('system:node', NODE_RULES),
  clusterRole('system:node-problem-detector', [rule('get', 'core', 'nodes'), rule('patch', 'core', 'nodes/status'), EVENTS]),
  clusterRole('system:kubelet-api-admin', [
    rule(READ, 'core', 'nodes'),
    rule('proxy', 'core', 'nodes'),
    rule('*', 'core', 'nodes/configz nodes/healthz nodes/log nodes/metrics nodes/pods nodes/proxy nodes/stats'),
  ]),
  clusterRole('system:node-bootstrapper', [rule(`create ${READ}`, CERTIFICATES, 'certificatesigningrequests')]),
  clusterRole('system:auth-delegator', [TOKEN_REVIEWS, ACCESS_REVIEWS]),
  clusterRole('system:kube-aggregator', [rule(READ, 'core', 'endpoints services')]),
  clusterRole('system:kube-controller-manager', [
    EVENTS,
    rule('create', 'coordination.k8s.io', 'leases'),
    rule('get update', 'coordination.k8s.io', 'leases', 'kube-controller-manager'),
    rule('create', 'core', 'secrets serviceaccounts'),
    rule('delete', 'core', 'secrets'),
    rule('get', 'core', 'configmaps namespaces secrets serviceaccounts'),
    rule('update', 'core', 'secrets serviceaccounts'),
    TOKEN_REVIEWS,
    ACCESS_REVIEWS,
    rule('list watch', '*', '*'),
    rule('create', 'core', 'serviceaccounts/token'),
  ]),
  clusterRole('system:kube-dns', [rule('list watch', 'core', 'endpoints services')]),
  clusterRole('system:persistent-volume-provisioner', [
    rule(`create delete ${READ}`, 'core', 'persistentvolumes'),
    rule(`update ${READ}`, 'core', 'persistentvolumeclaims'),
    rule(READ, 'storage.k8s.io', 'storageclasses'),
    rule('watch', 'core', 'events'),
    EVENTS,
  ]),
  clusterRole('system:volume-scheduler', [
    rule(`patch update ${READ}`, 'core', 'persistentvolumes'),
    rule(READ, 'storage.k8s.io', 'storageclasses'),
    rule(`patch update ${READ}`, 'core', 'persistentvolumeclaims'),
  ]),
  clusterRole('system:node-proxier', [
    rule('list watch', 'core', 'endpoints services'),
    rule(READ, 'core', 'nodes'),
    EVENTS,
    rule('list watch', 'discovery.k8s.io', 'endpointslices'),
    rule('list watch', 'networking.k8s.io', 'servicecidrs'),
  ]),
  clusterRole('system:kube-scheduler', [
    EVENTS,
    rule('create', 'coordination.k8s.io', 'leases'),
    rule('get update', 'coordination.k8s.io', 'leases', 'kube-scheduler'),
    rule(READ, 'core', 'nodes'),
    rule(`delete ${READ}`, 'core', 'pods'),
    rule('create', 'core', 'bindings pods/binding'),
    rule('patch update', 'core', 'pods/status'),
    rule(READ, 'core', 'replicationcontrollers services'),
    rule(READ, 'apps extensions', 'replicasets'),
    rule(READ, 'apps', 'statefulsets'),
    rule(READ, 'policy', 'poddisruptionbudgets'),
    rule(READ, 'core', 'persistentvolumeclaims persistentvolumes'),
    TOKEN_REVIEWS,
    ACCESS_REVIEWS,
    rule(READ, 'storage.k8s.io', 'csinodes'),
    rule(READ, 'core', 'namespaces'),
    rule(READ, 'storage.k8s.io', 'csidrivers'),
    rule(READ, 'storage.k8s.io', 'csistoragecapacities'),
    rule(READ, 'storage.k8s.io', 'volumeattachments'),
    rule(READ, 'resource.k8s.io', 'deviceclasses resourceslices'),
    rule(`patch update ${READ}`, 'resource.k8s.io', 'resourceclaims'),
    rule('patch update', 'resource.k8s.io', 'resourceclaims/status'),
  ]),
];

const approver = (name: string, signer: string): ClusterRole =>
  clusterRole(`system:${CERTIFICATES}:${name}`, [rule('approve', CERTIFICATES, 'signers', signer)]);

const CERTIFICATE_ROLES: ClusterRole[] = [
  clusterRole(`system:${CERTIFICATES}:certificatesigningrequests:nodeclient`, [
    rule('create', CERTIFICATES, 'certificatesigningrequests/nodeclient'),
  ]),
  clusterRole(`system:${CERTIFICATES}:certificatesigningrequests:selfnodeclient`, [
    rule('create', CERTIFICATES, 'certificatesigningrequests/selfnodeclient'),
  ]),
  approver('legacy-unknown-approver', 'kubernetes.io/legacy-unknown'),
  approver('kubelet-serving-approver', 'kubernetes.io/kubelet-serving'),
  approver('kube-apiserver-client-approver', 'kubernetes.io/kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet-approver', 'kubernetes.io/kube-apiserver-client-kubelet'),
];

/** The rules that the controller would gather, so that the aggregated roles work from the first moment. */
function gathered(role: ClusterRole): PolicyRule[] {
  const label = Object.keys(role.aggregationRule?.clusterRoleSelectors?.[0]?.matchLabels ?? {})[0];
  if (label === undefined) return role.rules;
  const sources = USER_ROLES.filter(({ metadata }) => metadata.labels?.[label] === 'true');
  const rules = sources.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)).flatMap(gathered);
  return rules.filter((rule, i) => rules.findIndex((other) => objectEqual(other, rule)) === i);
}

export const CLUSTER_ROLES: readonly ClusterRole[] = [
  ...USER_ROLES.map((role) => Object.assign(role, { rules: gathered(role) })),
  ...DISCOVERY_ROLES,
  ...COMPONENT_ROLES,
  ...CERTIFICATE_ROLES,
];

export const CLUSTER_ROLE_BINDINGS: readonly ClusterRoleBinding[] = [
  clusterBinding('cluster-admin', [group('system:masters')]),
  clusterBinding('system:monitoring', [group('system:monitoring')]),
  clusterBinding('system:discovery', [group('system:authenticated')]),
  clusterBinding('system:basic-user', [group('system:authenticated')]),
  clusterBinding('system:public-info-viewer', [group('system:authenticated'), group('system:unauthenticated')]),
  clusterBinding('system:node-proxier', [user('system:kube-proxy')]),
  clusterBinding('system:kube-controller-manager', [user('system:kube-controller-manager')]),
  clusterBinding('system:kube-dns', [account('kube-dns')]),
  clusterBinding('system:kube-scheduler', [user('system:kube-scheduler')]),
  clusterBinding('system:volume-scheduler', [user('system:kube-scheduler')]),
  // Nodes are the node authorizer's; the binding stays, without subjects.
  clusterBinding('system:node', []),
  clusterBinding('system:service-account-issuer-discovery', [group('system:serviceaccounts')]),
];
