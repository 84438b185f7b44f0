export interface RandomRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | string | undefined;
}

const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'POST', 'PUT', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const GROUPS = [
  '/api/v1',
  '/api/v1',
  '/apis/apps/v1',
  '/apis/batch/v1',
  '/apis/policy/v1',
  '/apis/rbac.authorization.k8s.io/v1',
  '/apis/networking.k8s.io/v1',
  '/apis/networking.k8s.io/v1beta1',
  '/apis/autoscaling/v2',
  '/apis/storage.k8s.io/v1',
  '/apis/apiextensions.k8s.io/v1',
  '/apis/authorization.k8s.io/v1',
  '/apis/authentication.k8s.io/v1',
  '/apis/coordination.k8s.io/v1',
  '/apis/admissionregistration.k8s.io/v1',
  '/apis/certificates.k8s.io/v1',
  '/apis/discovery.k8s.io/v1',
  '/apis/events.k8s.io/v1',
  '/apis/scheduling.k8s.io/v1',
  '/apis/resource.k8s.io/v1',
  '/apis/nonsense/v9',
];
const RESOURCES: Record<string, readonly string[]> = {
  '/api/v1': [
    'configmaps',
    'pods',
    'services',
    'secrets',
    'nodes',
    'namespaces',
    'events',
    'endpoints',
    'persistentvolumes',
    'persistentvolumeclaims',
    'serviceaccounts',
    'replicationcontrollers',
    'resourcequotas',
    'limitranges',
    'bindings',
    'componentstatuses',
    'podtemplates',
  ],
  '/apis/apps/v1': ['deployments', 'replicasets', 'daemonsets', 'statefulsets', 'controllerrevisions'],
  '/apis/batch/v1': ['jobs', 'cronjobs'],
  '/apis/policy/v1': ['poddisruptionbudgets'],
  '/apis/rbac.authorization.k8s.io/v1': ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
  '/apis/networking.k8s.io/v1': ['ingresses', 'networkpolicies', 'ingressclasses', 'servicecidrs', 'ipaddresses'],
  '/apis/networking.k8s.io/v1beta1': ['ingresses'],
  '/apis/autoscaling/v2': ['horizontalpodautoscalers'],
  '/apis/storage.k8s.io/v1': ['storageclasses', 'csidrivers', 'csinodes', 'volumeattachments'],
  '/apis/apiextensions.k8s.io/v1': ['customresourcedefinitions'],
  '/apis/authorization.k8s.io/v1': [
    'selfsubjectaccessreviews',
    'subjectaccessreviews',
    'localsubjectaccessreviews',
    'selfsubjectrulesreviews',
  ],
  '/apis/authentication.k8s.io/v1': ['tokenreviews', 'selfsubjectreviews'],
  '/apis/coordination.k8s.io/v1': ['leases'],
  '/apis/admissionregistration.k8s.io/v1': [
    'validatingwebhookconfigurations',
    'mutatingwebhookconfigurations',
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
  ],
  '/apis/certificates.k8s.io/v1': ['certificatesigningrequests'],
  '/apis/discovery.k8s.io/v1': ['endpointslices'],
  '/apis/events.k8s.io/v1': ['events'],
  '/apis/scheduling.k8s.io/v1': ['priorityclasses'],
  '/apis/resource.k8s.io/v1': ['resourceclaims', 'deviceclasses', 'resourceslices', 'resourceclaimtemplates'],
};
const NAMES = ['a', 'b', 'default', 'kube-system', 'x.y', 'A_B', '..', '%00', '%2F', 'ä', 'kubernetes', 'very-long-'.repeat(30)];
const SUBRESOURCES = [
  'status',
  'scale',
  'binding',
  'eviction',
  'log',
  'exec',
  'token',
  'ephemeralcontainers',
  'resize',
  'approval',
  'finalize',
  'proxy',
  'attach',
  'portforward',
  'nonsense',
  'status/more',
];
const PLAIN = [
  '/',
  '/api',
  '/apis',
  '/healthz',
  '/readyz/etcd',
  '/livez?verbose&exclude=x',
  '/version',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/api/v1',
  '/metrics',
  '/openid/v1/jwks',
  '/.well-known/openid-configuration',
  '//',
  '/%',
  '/api//v1',
  '/apis/apps',
  '/api/v1/',
  '/logs',
  '/debug/pprof',
];
const PARAMETERS = [
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'labelSelector',
  'fieldSelector',
  'dryRun',
  'fieldManager',
  'fieldValidation',
  'force',
  'pretty',
  'includeObject',
  'propagationPolicy',
  'gracePeriodSeconds',
  'orphanDependents',
  'sendInitialEvents',
  'timeout',
  'verbose',
  'hash',
  'container',
  'tailLines',
  'command',
  'allowWatchBookmarks',
];
const VALUES = [
  '',
  '0',
  '1',
  '-1',
  '2',
  '99',
  'true',
  'false',
  'abc',
  'All',
  'Exact',
  'NotOlderThan',
  'Strict',
  'Warn',
  'Ignore',
  'Metadata',
  'Object',
  'None',
  'Background',
  'Foreground',
  'Orphan',
  'a=b',
  'a in (b,c)',
  '!a',
  'metadata.name=a',
  'spec.nodeName=x',
  'metadata.namespace!=default',
  'a,,b',
  '(',
  '=',
  '1e99',
  '9'.repeat(40),
  '%',
  '\u0000',
  'ä',
];
const ACCEPTS = [
  'application/json',
  '*/*',
  'application/json;as=Table;g=meta.k8s.io;v=v1,application/json',
  'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/vnd.kubernetes.protobuf,application/json',
  'text/html',
  ';;;',
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
];
const TYPES = [
  'application/json',
  'application/json',
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'text/plain',
  '',
];
const FIELDS = [
  'metadata',
  'name',
  'generateName',
  'namespace',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
  'managedFields',
  'resourceVersion',
  'uid',
  'deletionTimestamp',
  'creationTimestamp',
  'spec',
  'status',
  'data',
  'binaryData',
  'stringData',
  'type',
  'kind',
  'apiVersion',
  'containers',
  'initContainers',
  'image',
  'ports',
  'containerPort',
  'env',
  'resources',
  'requests',
  'limits',
  'cpu',
  'memory',
  'replicas',
  'selector',
  'matchLabels',
  'matchExpressions',
  'template',
  'volumes',
  'rules',
  'verbs',
  'apiGroups',
  'roleRef',
  'subjects',
  'nodeName',
  'target',
  'deleteOptions',
  'preconditions',
  'minReplicas',
  'metrics',
  'schedule',
  'jobTemplate',
  'backend',
  'service',
  'http',
  'paths',
  'conditions',
  'lastTransitionTime',
  '$patch',
  '$setElementOrder/containers',
  '$retainKeys',
  '$deleteFromPrimitiveList/finalizers',
  '__proto__',
  'constructor',
  'toString',
  'op',
  'path',
  'value',
  'from',
  'spec.versions',
  'versions',
  'schema',
  'openAPIV3Schema',
  'properties',
  'group',
  'names',
  'plural',
  'scope',
  'clusterIP',
  'externalIPs',
  'webhooks',
  'clientConfig',
  'validations',
  'expression',
  'endpoints',
  'addresses',
  'request',
  'token',
  'resourceAttributes',
  'user',
];
const SCALARS: readonly unknown[] = [
  '',
  'a',
  'b',
  'v1',
  'default',
  '100m',
  '1Gi',
  'abc',
  '2026-01-02T03:04:05Z',
  'bogus time',
  '* * * * *',
  'Delete',
  'replace',
  'merge',
  '/data/a',
  '/metadata/labels/-',
  '/spec',
  'Always',
  'ClusterIP',
  'NodePort',
  'LoadBalancer',
  'ä\u0000\ud800',
  'x'.repeat(300),
  0,
  1,
  -1,
  80,
  3.5,
  1e30,
  99999,
  2 ** 53,
  true,
  false,
  null,
];

/** Requests that are now nearly right, now quite wrong; the same for the same seed. */
export class RandomRequests {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  next(): RandomRequest {
    const method = this.#one(METHODS);
    const path = this.#path() + this.#query();
    const headers: Record<string, string> = { accept: this.#one(ACCEPTS) };
    if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return { method, path, headers, body: undefined };
    const type = method === 'PATCH' && this.#chance(0.9) ? this.#one(TYPES.slice(5, 9)) : this.#one(TYPES);
    headers['content-type'] = type;
    return { method, path, headers, body: this.#body(type, path) };
  }

  #path(): string {
    if (this.#chance(0.05)) return this.#one(PLAIN);
    const group = this.#one(GROUPS);
    const resource = this.#chance(0.03) ? this.#one(FIELDS) : this.#one(RESOURCES[group] ?? ['things']);
    let path = group;
    if (this.#chance(0.03)) path += '/watch/x/y';
    if (this.#chance(0.65)) path += `/namespaces/${this.#chance(0.8) ? 'default' : this.#one(NAMES)}`;
    path += `/${resource}`;
    if (this.#chance(0.5)) path += `/${this.#chance(0.7) ? this.#one(['a', 'b']) : this.#one(NAMES)}`;
    if (this.#chance(0.12)) path += `/${this.#one(SUBRESOURCES)}`;
    return encodeURI(path).replaceAll('%25', '%');
  }

  #query(): string {
    if (this.#chance(0.6)) return '';
    const parts = Array.from(
      { length: 1 + this.#below(3) },
      () => `${this.#one(PARAMETERS)}=${encodeURIComponent(this.#one(VALUES).replaceAll('%', 'p'))}`,
    );
    if (this.#chance(0.1)) parts.push('watch=1', 'timeoutSeconds=1');
    // A future revision is waited for; not too often.
    return `?${parts.filter((part) => !part.startsWith('resourceVersion=9')).join('&')}`;
  }

  #body(type: string, path: string): Buffer | string | undefined {
    if (this.#chance(0.03)) return undefined;
    if (this.#chance(0.08)) return this.#noise();
    const value = type === 'application/json-patch+json' && this.#chance(0.8) ? this.#jsonPatch() : this.#object(path);
    let text = JSON.stringify(value);
    if (this.#chance(0.1)) text = this.#damaged(text);
    if (type === 'application/vnd.kubernetes.protobuf') return Buffer.concat([Buffer.from('k8s\0'), this.#noise()]);
    return text;
  }

  #jsonPatch(): unknown {
    const operation = (): unknown => ({
      op: this.#one(['add', 'remove', 'replace', 'move', 'copy', 'test', 'nonsense']),
      path: this.#chance(0.2)
        ? this.#scalar()
        : Array.from({ length: this.#below(4) }, () => `/${this.#one([...FIELDS, '0', '-', '1'])}`).join(''),
      from: `/${this.#one(FIELDS)}`,
      value: this.#value(2),
    });
    return Array.from({ length: this.#below(4) }, operation);
  }

  /** An object that often has the right name, so that it gets as far as validation and the store. */
  #object(path: string): unknown {
    if (this.#chance(0.05)) return this.#scalar();
    const name = this.#chance(0.8) ? this.#one(['a', 'b']) : this.#scalar();
    const value: Record<string, unknown> = { metadata: { name, ...this.#map(1, 2) }, ...this.#map(4, 4) };
    if (this.#chance(0.4)) value['data'] = { a: this.#scalar() };
    const version = path.split('/').slice(1, 4);
    if (this.#chance(0.4)) value['apiVersion'] = version[0] === 'api' ? 'v1' : `${version[1]}/${version[2]}`;
    if (this.#chance(0.1)) value['kind'] = this.#scalar();
    return value;
  }

  #map(depth: number, most: number): Record<string, unknown> {
    // Own fields even for names that objects inherit.
    return Object.fromEntries(Array.from({ length: this.#below(most) }, () => [this.#one(FIELDS), this.#value(depth)]));
  }

  #value(depth: number): unknown {
    if (depth === 0 || this.#chance(0.3)) return this.#scalar();
    if (this.#chance(0.3)) return Array.from({ length: this.#below(3) }, () => this.#value(depth - 1));
    return this.#map(depth - 1, 5);
  }

  #scalar(): unknown {
    return this.#one(SCALARS);
  }

  #damaged(text: string): string {
    const at = this.#below(text.length + 1);
    const rest = text.slice(at + this.#below(3));
    return text.slice(0, at) + this.#one(['', '"', '{', '}', '[', ',', '\\', '\u0000', '\ud800', '1e999', '-']) + rest;
  }

  #noise(): Buffer {
    return Buffer.from(Array.from({ length: this.#below(200) }, () => this.#below(256)));
  }

  #one<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }

  #chance(probability: number): boolean {
    return this.#below(1_000_000) < probability * 1_000_000;
  }

  /** Xorshift: small, quick, and the same everywhere. */
  #below(end: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % end;
  }
}
