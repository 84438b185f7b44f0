import { describe, expect, it } from 'vitest';
import { createCsr, generateKey, privateKeyPem } from '#pki';
import { MemoryReader } from '../authn/memory-reader.ts';
import type { AdmissionAttributes } from '../types.ts';
import { attributesOf } from './attributes.ts';
import { ADMISSION_READS, createAdmission } from './index.ts';

const namespaces = [
  { metadata: { name: 'dev' }, status: { phase: 'Active' } },
  { metadata: { name: 'going' }, status: { phase: 'Terminating' } },
];
const account = { metadata: { name: 'default', namespace: 'dev' } };

const readers: MemoryReader[] = [];

function setUp(objects: Record<string, object[]> = {}) {
  const reader = new MemoryReader({ namespaces, serviceaccounts: [account], ...objects });
  readers.push(reader);
  const asked: string[] = [];
  const chain = createAdmission({
    reader,
    authorize: ({ verb, name }) => {
      asked.push(`${verb} ${name}`);
      return { decision: name === 'example.org/*' ? 'allow' : 'no-opinion', reason: '' };
    },
    updateQuotaStatus: (quota) => Promise.resolve(quota),
  });
  const run = async (attributes: AdmissionAttributes): Promise<Record<string, never>> => {
    await chain.admit(attributes);
    await chain.validate(attributes);
    return attributes.object as never;
  };
  return { reader, run, asked };
}

const pod = (spec: object = {}, metadata: object = {}) => ({
  metadata: { name: 'web', namespace: 'dev', ...metadata },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
});

describe('NamespaceLifecycle', () => {
  it.each<[string, AdmissionAttributes, string]>([
    ['a namespace that does not exist', attributesOf('configmaps', {}, { namespace: 'none' }), 'namespaces "none" not found'],
    [
      'a namespace that is going away',
      attributesOf('configmaps', {}, { namespace: 'going' }),
      'configmaps "web" is forbidden: unable to create new content in namespace going because it is being terminated',
    ],
    [
      "the system's namespaces, when they are to be deleted",
      attributesOf('namespaces', undefined, { operation: 'DELETE', name: 'kube-system', namespace: '' }),
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    ],
  ])('protects %s', async (_, attributes, message) => {
    await expect(setUp().run(attributes)).rejects.toThrow(message);
  });

  it('lets things be changed and deleted in a namespace that is going away', async () => {
    const { run } = setUp();
    await expect(run(attributesOf('configmaps', {}, { namespace: 'going', operation: 'UPDATE' }))).resolves.toBeDefined();
    await expect(run(attributesOf('configmaps', undefined, { namespace: 'going', operation: 'DELETE' }))).resolves.toBeUndefined();
  });

  it('names the cause, for the namespace controller', async () => {
    const refused = setUp().run(attributesOf('configmaps', {}, { namespace: 'going' }));
    await expect(refused).rejects.toMatchObject({
      status: { details: { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] } },
    });
  });
});

describe('ServiceAccount', () => {
  it('mounts the token of the default account into every container', async () => {
    const admitted = await setUp().run(attributesOf('pods', pod({ initContainers: [{ name: 'i' }] })));
    const mount = {
      name: expect.stringMatching(/^kube-api-access-[a-z0-9]{5}$/),
      readOnly: true,
      mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
    };
    expect(admitted['spec']).toMatchObject({
      serviceAccountName: 'default',
      serviceAccount: 'default',
      containers: [{ volumeMounts: [mount] }],
      initContainers: [{ volumeMounts: [mount] }],
      volumes: [
        {
          name: mount.name,
          projected: {
            defaultMode: 420,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
              { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
              { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
            ],
          },
        },
      ],
    });
  });

  it.each<[string, object, object]>([
    ['the pod', account, { automountServiceAccountToken: false }],
    ['the account', { ...account, automountServiceAccountToken: false }, {}],
  ])('mounts nothing when %s says so', async (_, serviceaccount, spec) => {
    const admitted = await setUp({ serviceaccounts: [serviceaccount] }).run(attributesOf('pods', pod(spec)));
    expect(admitted['spec']).not.toHaveProperty('volumes');
  });

  it("hands on the account's pull secrets to a pod without its own", async () => {
    const { run } = setUp({ serviceaccounts: [{ ...account, imagePullSecrets: [{ name: 'pull' }] }] });
    expect((await run(attributesOf('pods', pod())))['spec']).toMatchObject({ imagePullSecrets: [{ name: 'pull' }] });
    expect((await run(attributesOf('pods', pod({ imagePullSecrets: [{ name: 'own' }] }))))['spec']).toMatchObject({
      imagePullSecrets: [{ name: 'own' }],
    });
  });

  it('refuses an account that does not exist', async () => {
    await expect(setUp().run(attributesOf('pods', pod({ serviceAccountName: 'ci' })))).rejects.toThrow(
      'pods "web" is forbidden: error looking up service account dev/ci: serviceaccount "ci" not found',
    );
  });

  it('waits for the default account of a namespace that was just made', async () => {
    const { reader, run } = setUp({ serviceaccounts: [] });
    const running = run(attributesOf('pods', pod()));
    reader.put({ group: '', resource: 'serviceaccounts' }, account);
    expect((await running)['spec']).toMatchObject({ serviceAccountName: 'default' });
  });
});

describe('LimitRanger', () => {
  const range = (limits: object[]) => ({ limitranges: [{ metadata: { name: 'l', namespace: 'dev' }, spec: { limits } }] });
  const needs = (requests: object | undefined, limits: object | undefined) =>
    pod({ containers: [{ name: 'c', resources: { requests, limits } }] });

  it('fills in what a container does not say', async () => {
    const { run } = setUp(range([{ type: 'Container', default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } }]));
    const admitted = await run(attributesOf('pods', pod({ containers: [{ name: 'c', resources: { limits: { memory: '2Gi' } } }] })));
    expect(admitted['spec']).toMatchObject({
      containers: [{ resources: { limits: { cpu: '1', memory: '2Gi' }, requests: { cpu: '100m' } } }],
    });
    expect(admitted['metadata']).toMatchObject({
      annotations: { 'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu request for container c; cpu limit for container c' },
    });
  });

  it.each<[object, object | undefined, object | undefined, string]>([
    [{ type: 'Container', min: { cpu: '100m' } }, { cpu: '50m' }, undefined, 'minimum cpu usage per Container is 100m, but request is 50m'],
    [
      { type: 'Container', min: { cpu: '100m' } },
      undefined,
      undefined,
      'minimum cpu usage per Container is 100m.  No request is specified',
    ],
    [
      { type: 'Container', max: { memory: '1Gi' } },
      undefined,
      { memory: '2Gi' },
      'maximum memory usage per Container is 1Gi, but limit is 2Gi',
    ],
    [
      { type: 'Container', max: { memory: '1Gi' } },
      undefined,
      undefined,
      'maximum memory usage per Container is 1Gi.  No limit is specified',
    ],
    [{ type: 'Pod', max: { cpu: '1' } }, { cpu: '2' }, { cpu: '2' }, 'maximum cpu usage per Pod is 1, but limit is 2'],
    [
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      { cpu: '100m' },
      { cpu: '300m' },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
    ],
  ])('holds %j against requests %j and limits %j', async (limit, requests, limits, message) => {
    await expect(setUp(range([limit])).run(attributesOf('pods', needs(requests, limits)))).rejects.toThrow(
      `pods "web" is forbidden: ${message}`,
    );
  });

  it('holds against claims as well', async () => {
    const { run } = setUp(range([{ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '10Gi' } }]));
    const claim = (storage: string) => attributesOf('persistentvolumeclaims', { spec: { resources: { requests: { storage } } } });
    await run(claim('5Gi'));
    await expect(run(claim('20Gi'))).rejects.toThrow('maximum storage usage per PersistentVolumeClaim is 10Gi, but request is 20Gi');
    await expect(run(claim('1Mi'))).rejects.toThrow('minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi');
  });
});

describe('Priority', () => {
  const classes = {
    'priorityclasses.scheduling.k8s.io': [
      { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'Never' },
      { metadata: { name: 'normal' }, value: 10, globalDefault: true },
    ],
  };
  it.each<[object, object]>([
    [{}, { priority: 10, priorityClassName: 'normal', preemptionPolicy: 'PreemptLowerPriority' }],
    [{ priorityClassName: 'high' }, { priority: 1000, preemptionPolicy: 'Never' }],
    [{ priorityClassName: 'system-node-critical' }, { priority: 2000001000 }],
  ])('turns %j into %j', async (spec, expected) => {
    expect((await setUp(classes).run(attributesOf('pods', pod(spec))))['spec']).toMatchObject(expected);
  });
  it('is zero where there is no class', async () => {
    expect((await setUp().run(attributesOf('pods', pod())))['spec']).toMatchObject({ priority: 0 });
  });
  it('refuses a class that does not exist, a number of the client, and a second default', async () => {
    const { run } = setUp(classes);
    await expect(run(attributesOf('pods', pod({ priorityClassName: 'none' })))).rejects.toThrow(
      'pods "web" is forbidden: no PriorityClass with name none was found',
    );
    await expect(run(attributesOf('pods', pod({ priority: 5 })))).rejects.toThrow(
      'the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 10 from the given PriorityClass name',
    );
    const second = attributesOf(
      'priorityclasses',
      { metadata: { name: 'x' }, value: 1, globalDefault: true },
      { group: 'scheduling.k8s.io', namespace: '' },
    );
    await expect(run(second)).rejects.toThrow('PriorityClass normal is already marked as default. Only one default can exist');
  });
});

describe('defaults', () => {
  it('give pods tolerations for silent nodes, but for those that have their own', async () => {
    const admitted = await setUp().run(
      attributesOf('pods', pod({ tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }] })),
    );
    expect(admitted['spec']).toMatchObject({
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
    });
    const all = await setUp().run(attributesOf('pods', pod({ tolerations: [{ operator: 'Exists' }] })));
    expect(all['spec']).toMatchObject({ tolerations: [{ operator: 'Exists' }] });
  });

  it('taint a new node', async () => {
    const node = await setUp().run(attributesOf('nodes', { metadata: { name: 'n1' }, spec: {} }, { namespace: '' }));
    expect(node['spec']).toEqual({ taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] });
  });

  it('choose the newest default storage class and ingress class', async () => {
    const marked = (name: string, annotation: string, creationTimestamp: string) => ({
      metadata: { name, creationTimestamp, annotations: { [annotation]: 'true' } },
    });
    const { run } = setUp({
      'storageclasses.storage.k8s.io': [
        marked('new', 'storageclass.kubernetes.io/is-default-class', '2026-02-01T00:00:00Z'),
        marked('old', 'storageclass.kubernetes.io/is-default-class', '2026-01-01T00:00:00Z'),
      ],
      'ingressclasses.networking.k8s.io': [marked('nginx', 'ingressclass.kubernetes.io/is-default-class', '2026-01-01T00:00:00Z')],
    });
    expect((await run(attributesOf('persistentvolumeclaims', { spec: {} })))['spec']).toEqual({ storageClassName: 'new' });
    expect((await run(attributesOf('persistentvolumeclaims', { spec: { storageClassName: '' } })))['spec']).toEqual({
      storageClassName: '',
    });
    expect((await run(attributesOf('ingresses', { spec: {} }, { group: 'networking.k8s.io' })))['spec']).toEqual({
      ingressClassName: 'nginx',
    });
  });

  it('protect volumes and claims in use', async () => {
    const { run } = setUp();
    expect((await run(attributesOf('persistentvolumeclaims', { spec: {} })))['metadata']).toMatchObject({
      finalizers: ['kubernetes.io/pvc-protection'],
    });
    expect((await run(attributesOf('persistentvolumes', { metadata: { name: 'v' } }, { namespace: '' })))['metadata']).toMatchObject({
      finalizers: ['kubernetes.io/pv-protection'],
    });
  });

  it('let claims grow only where the class allows it', async () => {
    const claim = (storage: string, storageClassName: string) => ({
      metadata: { name: 'web', namespace: 'dev' },
      spec: { storageClassName, resources: { requests: { storage } } },
      status: { phase: 'Bound' },
    });
    const { run } = setUp({
      'storageclasses.storage.k8s.io': [{ metadata: { name: 'fast' }, allowVolumeExpansion: true }, { metadata: { name: 'slow' } }],
    });
    const grow = (name: string) =>
      attributesOf('persistentvolumeclaims', claim('2Gi', name), { operation: 'UPDATE', oldObject: claim('1Gi', name) });
    await run(grow('fast'));
    await expect(run(grow('slow'))).rejects.toThrow(
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
  });

  it('apply a RuntimeClass', async () => {
    const { run } = setUp({
      'runtimeclasses.node.k8s.io': [
        {
          metadata: { name: 'kata' },
          overhead: { podFixed: { cpu: '250m' } },
          scheduling: { nodeSelector: { kata: 'yes' }, tolerations: [{ key: 'kata', operator: 'Exists' }] },
        },
      ],
    });
    expect((await run(attributesOf('pods', pod({ runtimeClassName: 'kata' }))))['spec']).toMatchObject({
      overhead: { cpu: '250m' },
      nodeSelector: { kata: 'yes' },
    });
    await expect(run(attributesOf('pods', pod({ runtimeClassName: 'none' })))).rejects.toThrow(
      'pods "web" is forbidden: pod rejected: RuntimeClass "none" not found',
    );
    await expect(run(attributesOf('pods', pod({ overhead: { cpu: '1' } })))).rejects.toThrow(
      'Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
    await expect(run(attributesOf('pods', pod({ runtimeClassName: 'kata', nodeSelector: { kata: 'no' } })))).rejects.toThrow(
      'conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no',
    );
  });
});

describe('certificates', () => {
  const csr = (signerName: string, status: object = {}) => ({ metadata: { name: 'web' }, spec: { signerName, request: '' }, status });
  const update = (subresource: string, signerName: string, status: object) =>
    attributesOf('certificatesigningrequests', csr(signerName, status), {
      group: 'certificates.k8s.io',
      namespace: '',
      operation: 'UPDATE',
      subresource,
      oldObject: csr(signerName),
    });

  it('are approved and signed by those only who may for the signer or its domain', async () => {
    const { run, asked } = setUp();
    await run(update('approval', 'example.org/mine', {}));
    await run(update('status', 'example.org/mine', { certificate: 'x' }));
    await run(update('status', 'other.org/theirs', {}));
    expect(asked).toEqual(['approve example.org/mine', 'approve example.org/*', 'sign example.org/mine', 'sign example.org/*']);
    await expect(run(update('approval', 'other.org/theirs', {}))).rejects.toThrow(
      'certificatesigningrequests.certificates.k8s.io "web" is forbidden: user not permitted to approve requests with signerName "other.org/theirs"',
    );
    await expect(run(update('status', 'other.org/theirs', { certificate: 'x' }))).rejects.toThrow(
      'user not permitted to sign requests with signerName "other.org/theirs"',
    );
  });

  it('make nobody a superuser', async () => {
    const key = privateKeyPem(await generateKey());
    const request = (organizations: string[]) => {
      const pem = createCsr({ key, commonName: 'mallory', organizations });
      const spec = { signerName: 'kubernetes.io/kube-apiserver-client', request: Buffer.from(pem).toString('base64') };
      return attributesOf('certificatesigningrequests', { spec }, { group: 'certificates.k8s.io', namespace: '' });
    };
    await setUp().run(request(['dev']));
    await expect(setUp().run(request(['dev', 'system:masters']))).rejects.toThrow(
      'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
  });
});

describe('NodeRestriction', () => {
  const user = { name: 'system:node:n1', groups: ['system:nodes'] };
  const own = pod({ nodeName: 'n1' }, { uid: 'u1' });
  const foreign = pod({ nodeName: 'n2' }, { name: 'other', uid: 'u2' });
  const node = (labels: object, more: object = {}) => ({ metadata: { name: 'n1', labels }, ...more });
  const token = (boundObjectRef: object | undefined) =>
    attributesOf('serviceaccounts', { spec: { boundObjectRef } }, { user, subresource: 'token' });
  const mirror = (spec: object, annotations: object = { 'kubernetes.io/config.mirror': 'x' }) =>
    attributesOf('pods', pod(spec, { annotations }), { user });

  it.each<[string, AdmissionAttributes]>([
    ['makes itself', attributesOf('nodes', node({ 'kubernetes.io/hostname': 'n1', mine: 'x' }), { user, namespace: '' })],
    ['deletes its own pod', attributesOf('pods', undefined, { user, operation: 'DELETE', oldObject: own })],
    ['asks for a token of its own pod', token({ apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'u1' })],
    ['makes its own mirror pods', mirror({ nodeName: 'n1' })],
    [
      'renews its lease',
      attributesOf(
        'leases',
        { metadata: { name: 'n1' } },
        { user, group: 'coordination.k8s.io', namespace: 'kube-node-lease', operation: 'UPDATE' },
      ),
    ],
  ])('a node %s', async (_, attributes) => {
    const { run } = setUp({ pods: [own, foreign], namespaces: [...namespaces, { metadata: { name: 'kube-node-lease' } }] });
    await expect(run(attributes)).resolves.not.toThrow();
  });

  it.each<[string, AdmissionAttributes, string]>([
    [
      'another node',
      attributesOf('nodes', { metadata: { name: 'n2' } }, { user, namespace: '' }),
      'node "n1" is not allowed to modify node "n2"',
    ],
    [
      'labels that attract pods',
      attributesOf('nodes', node({ 'node-restriction.kubernetes.io/x': '1' }), { user, namespace: '' }),
      'node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/x',
    ],
    [
      'changed labels of that sort',
      attributesOf('nodes', node({ 'node-role.kubernetes.io/control-plane': '' }), {
        user,
        namespace: '',
        operation: 'UPDATE',
        oldObject: node({}) as never,
      }),
      'is not allowed to modify labels: node-role.kubernetes.io/control-plane',
    ],
    [
      'its taints',
      attributesOf('nodes', node({}, { spec: { taints: [] } }), {
        user,
        namespace: '',
        operation: 'UPDATE',
        oldObject: node({}, { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }) as never,
      }),
      'node "n1" is not allowed to modify taints',
    ],
    [
      "others' pods",
      attributesOf('pods', undefined, { user, operation: 'DELETE', name: 'other', oldObject: foreign }),
      'node "n1" can only delete pods with spec.nodeName set to itself',
    ],
    [
      "others' pods' status",
      attributesOf('pods', foreign, { user, operation: 'UPDATE', subresource: 'status', oldObject: foreign }),
      'node "n1" can only update pod status for pods with spec.nodeName set to itself',
    ],
    [
      'pods that are no mirrors',
      mirror({ nodeName: 'n1' }, {}),
      'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
    ],
    ['mirrors on other nodes', mirror({ nodeName: 'n2' }), 'node "n1" can only create pods with spec.nodeName set to itself'],
    [
      'mirrors that read secrets',
      mirror({ nodeName: 'n1', volumes: [{ name: 'v', secret: { secretName: 's' } }] }),
      'node "n1" can not create pods that reference secrets',
    ],
    ['tokens for anything', token(undefined), 'node requested token not bound to a pod'],
    [
      'tokens without a uid',
      token({ apiVersion: 'v1', kind: 'Pod', name: 'web' }),
      'node requested token with a pod binding without a uid',
    ],
    [
      "tokens of others' pods",
      token({ apiVersion: 'v1', kind: 'Pod', name: 'other', uid: 'u2' }),
      'node requested token bound to a pod scheduled on a different node',
    ],
    [
      "others' leases",
      attributesOf('leases', { metadata: { name: 'n2' } }, { user, group: 'coordination.k8s.io', namespace: 'kube-node-lease' }),
      'can only access node lease with the same name as the requesting node',
    ],
  ])('a node does not write %s', async (_, attributes, message) => {
    const { run } = setUp({ pods: [own, foreign], namespaces: [...namespaces, { metadata: { name: 'kube-node-lease' } }] });
    await expect(run(attributes)).rejects.toThrow(message);
  });
});

describe('the server', () => {
  it('waits at its start for all caches that the tests above have read', () => {
    const asked = readers.flatMap((reader) => [...reader.asked]);
    expect(ADMISSION_READS.map(({ group, resource }) => `${group}/${resource}`)).toEqual(expect.arrayContaining(asked));
  });
});
