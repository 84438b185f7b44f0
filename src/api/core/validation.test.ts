import { describe, expect, test } from 'vitest';
import { problems, updateProblems, type CoreKind, type Part } from './core.fixture.ts';

const long = (bytes: number): string => 'x'.repeat(bytes);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

type Case = [name: string, object: Part, errors: string[]];
type UpdateCase = [name: string, before: Part, after: Part, errors: string[]];

function checks(kind: CoreKind, cases: Case[]): void {
  test.each(cases)(`${kind} %s`, (_, object, errors) => {
    expect(problems(kind, object)).toEqual(errors);
  });
}

function updates(kind: CoreKind, cases: UpdateCase[]): void {
  test.each(cases)(`update of ${kind} %s`, (_, before, after, errors) => {
    expect(updateProblems(kind, before, after)).toEqual(errors);
  });
}

describe('config maps', () => {
  const KEY =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
  checks('ConfigMap', [
    ['is fine', { data: { 'a.b': 'x' }, binaryData: { c: 'AA==' } }, []],
    ['has keys that can be files', { data: { 'a/b': 'x' } }, [`data[a/b]: Invalid value: "a/b": ${KEY}`]],
    [
      'has each key once',
      { data: { a: 'x' }, binaryData: { a: 'AA==' } },
      ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
    ],
    ['holds a mebibyte', { data: { a: long(1024 * 1024 + 1) } }, ['[]: Too long: may not be more than 1048576 bytes']],
  ]);
  updates('ConfigMap', [
    ['changes data', { data: { a: '1' } }, { data: { a: '2' } }, []],
    ['makes it immutable', { data: { a: '1' } }, { data: { a: '1' }, immutable: true }, []],
    [
      'leaves an immutable one alone',
      { immutable: true, data: { a: '1' } },
      { data: { a: '2' } },
      ['immutable: Forbidden: field is immutable when `immutable` is set', 'data: Forbidden: field is immutable when `immutable` is set'],
    ],
  ]);
});

describe('secrets', () => {
  checks('Secret', [
    ['is fine', { data: { a: 'AA==' } }, []],
    ['holds a mebibyte', { stringData: { a: long(1024 * 1024 + 1) } }, ['data: Too long: may not be more than 1048576 bytes']],
    ['for TLS has key and certificate', { type: 'kubernetes.io/tls', stringData: { 'tls.crt': 'x' } }, ['data[tls.key]: Required value']],
    ['for SSH has a key', { type: 'kubernetes.io/ssh-auth' }, ['data[ssh-privatekey]: Required value']],
    [
      'with user or password has one',
      { type: 'kubernetes.io/basic-auth' },
      ['data[username]: Required value', 'data[password]: Required value'],
    ],
    ['for registries has its key', { type: 'kubernetes.io/dockerconfigjson' }, ['data[.dockerconfigjson]: Required value']],
    [
      'for registries is JSON, and is not shown',
      { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': base64('x') } },
      ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'x\' looking for beginning of value'],
    ],
    [
      'of a service account names it',
      { type: 'kubernetes.io/service-account-token' },
      ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    ],
  ]);
  updates('Secret', [
    ['keeps the type', { type: 'a/b' }, { type: 'a/c' }, ['type: Invalid value: "a/c": field is immutable']],
    [
      'leaves an immutable one alone',
      { immutable: true, stringData: { a: '1' } },
      { immutable: true, stringData: { a: '2' } },
      ['data: Forbidden: field is immutable when `immutable` is set'],
    ],
  ]);
});

describe('nodes', () => {
  checks('Node', [
    ['is fine', { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }], podCIDR: '10.244.0.0/24' } }, []],
    [
      'has taints that do something',
      { spec: { taints: [{ key: 'a', effect: 'Sometimes' }] } },
      ['spec.taints[0].effect: Unsupported value: "Sometimes": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'],
    ],
    [
      'has each taint once',
      {
        spec: {
          taints: [
            { key: 'a', effect: 'NoSchedule' },
            { key: 'a', value: 'x', effect: 'NoSchedule' },
          ],
        },
      },
      ['spec.taints[1]: Duplicate value: {"key":"a","value":"x","effect":"NoSchedule"}: taints must be unique by key and effect pair'],
    ],
    [
      'has one range of each family',
      { spec: { podCIDRs: ['10.244.0.0/24', '10.244.1.0/24'] } },
      ['spec.podCIDRs: Invalid value: ["10.244.0.0/24","10.244.1.0/24"]: may specify no more than one CIDR for each IP family'],
    ],
  ]);
  updates('Node', [
    ['gives it a range', {}, { spec: { podCIDR: '10.244.0.0/24' } }, []],
    [
      'keeps its range',
      { spec: { podCIDR: '10.244.0.0/24' } },
      { spec: { podCIDR: '10.244.1.0/24' } },
      ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'],
    ],
    [
      'keeps its provider',
      { spec: { providerID: 'a' } },
      { spec: { providerID: 'b' } },
      ['spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'],
    ],
  ]);
});

describe('endpoints', () => {
  checks('Endpoints', [
    ['is fine', { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] }, []],
    [
      'has addresses',
      { subsets: [{ ports: [{ port: 80 }] }] },
      ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`'],
    ],
    [
      'has addresses that lead somewhere',
      { subsets: [{ addresses: [{ ip: '169.254.1.1' }] }] },
      ['subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
    ],
    [
      'names its ports when there are several',
      { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }, { port: 81, name: 'b' }] }] },
      ['subsets[0].ports[0].name: Required value'],
    ],
  ]);
});

describe('events', () => {
  checks('Event', [
    ['is fine', { involvedObject: { kind: 'Pod', namespace: 'default', name: 'a' } }, []],
    ['of an object without namespace is in default', { involvedObject: { kind: 'Node', name: 'a' } }, []],
    [
      'is beside its object',
      { involvedObject: { kind: 'Pod', namespace: 'other', name: 'a' } },
      ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
    ],
    [
      'of the newer sort says who reports what',
      { involvedObject: {}, eventTime: '2026-01-02T11:59:00.000000Z' },
      ['reportingController: Required value', 'reportingInstance: Required value', 'action: Required value', 'reason: Required value'],
    ],
  ]);
});

describe('limit ranges', () => {
  const limits = (item: Part): Part => ({ spec: { limits: [item] } });
  const at = 'spec.limits[0]';
  checks('LimitRange', [
    ['is fine', limits({ type: 'Container', min: { cpu: '100m' }, default: { cpu: '500m' }, max: { cpu: '1' } }), []],
    [
      'has a minimum below the maximum',
      limits({ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }),
      [`${at}.min[cpu]: Invalid value: "2": min value 2 is greater than max value 1`],
    ],
    [
      'has no defaults for pods',
      limits({ type: 'Pod', default: { cpu: '1' } }),
      [`${at}.default: Forbidden: may not be specified when \`type\` is 'Pod'`],
    ],
    [
      'limits claims in storage',
      limits({ type: 'PersistentVolumeClaim' }),
      [`${at}.limits: Required value: either minimum or maximum storage value is required, but neither was provided`],
    ],
    [
      'has a ratio of at least one',
      limits({ type: 'Pod', maxLimitRequestRatio: { cpu: '500m' } }),
      [`${at}.maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1`],
    ],
  ]);
});

describe('quotas', () => {
  checks('ResourceQuota', [
    ['is fine', { spec: { hard: { pods: '10', 'requests.cpu': '1', 'count/jobs.batch': '5', 'example.com/gpu': '1' } } }, []],
    [
      'counts what there is',
      { spec: { hard: { cats: '1' } } },
      ['spec.hard[cats]: Invalid value: "cats": must be a standard resource for quota'],
    ],
    ['counts in whole numbers', { spec: { hard: { pods: '500m' } } }, ['spec.hard[pods]: Invalid value: "500m": must be an integer']],
    [
      'has scopes that go together',
      { spec: { hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] } },
      ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
    ],
    [
      'counts what its scope can tell',
      { spec: { hard: { services: '1' }, scopes: ['BestEffort'] } },
      ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
    ],
  ]);
  updates('ResourceQuota', [
    ['changes amounts', { spec: { hard: { pods: '1' } } }, { spec: { hard: { pods: '2' } } }, []],
    [
      'keeps its scopes',
      { spec: { scopes: ['BestEffort'] } },
      { spec: { scopes: ['Terminating'] } },
      ['spec.scopes: Invalid value: ["Terminating"]: field is immutable'],
    ],
  ]);
});

describe('bindings', () => {
  checks('Binding', [
    ['is fine', { target: { kind: 'Node', name: 'n' } }, []],
    [
      'names a node',
      { target: { kind: 'Pod' } },
      ['target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"', 'target.name: Required value'],
    ],
  ]);
});

describe('replication controllers', () => {
  const template = (labels: Part, spec: Part = {}): Part => ({
    metadata: { labels },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  });
  checks('ReplicationController', [
    ['is fine', { spec: { template: template({ app: 'a' }) } }, []],
    ['has a template', { spec: { selector: { app: 'a' } } }, ['spec.template: Required value']],
    ['selects something', { spec: { template: template({}) } }, ['spec.selector: Required value']],
    [
      'finds its own pods',
      { spec: { selector: { app: 'a' }, template: template({ app: 'b' }) } },
      ['spec.template.metadata.labels: Invalid value: {"app":"b"}: `selector` does not match template `labels`'],
    ],
    [
      'restarts what ends',
      { spec: { template: template({ app: 'a' }, { restartPolicy: 'Never' }) } },
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
  ]);
});

describe('volumes', () => {
  const volume = (spec: Part = {}): Part => ({
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' }, ...spec },
  });
  checks('PersistentVolume', [
    ['is fine', volume(), []],
    [
      'has a size',
      volume({ capacity: {} }),
      ['spec.capacity: Required value', 'spec.capacity: Unsupported value: {}: supported values: "storage"'],
    ],
    ['has access modes', volume({ accessModes: [] }), ['spec.accessModes: Required value']],
    [
      'has access modes that there are',
      volume({ accessModes: ['RWO'] }),
      [
        'spec.accessModes: Unsupported value: "RWO": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      ],
    ],
    ['is somewhere', volume({ hostPath: undefined }), ['spec: Required value: must specify a volume type']],
    ['is in one place', volume({ nfs: { server: 's', path: '/x' } }), ['spec.nfs: Forbidden: may not specify more than 1 volume type']],
    [
      'of one node says of which',
      volume({ hostPath: undefined, local: { path: '/x' } }),
      ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
    ],
    [
      'does not wipe its host',
      volume({ hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' }),
      ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
    ],
  ]);
  updates('PersistentVolume', [
    ['changes the policy', volume(), volume({ persistentVolumeReclaimPolicy: 'Delete' }), []],
    [
      'keeps the place',
      volume(),
      volume({ hostPath: { path: '/other' } }),
      [
        'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n- \thostPath.path: "/data"\n+ \thostPath.path: "/other"',
      ],
    ],
  ]);
});

describe('claims', () => {
  const claim = (spec: Part = {}): Part => ({
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  });
  checks('PersistentVolumeClaim', [
    ['is fine', claim(), []],
    ['has access modes', claim({ accessModes: [] }), ['spec.accessModes: Required value: at least 1 access mode is required']],
    ['says how much', claim({ resources: {} }), ['spec.resources[storage]: Required value']],
    [
      'wants more than nothing',
      claim({ resources: { requests: { storage: '0' } } }),
      ['spec.resources[storage]: Invalid value: "0": must be greater than zero'],
    ],
    [
      'is copied from what can be copied',
      claim({ dataSource: { kind: 'Pod', name: 'p' } }),
      [
        'spec.dataSource: Invalid value: "Pod": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
        'spec.dataSourceRef: Invalid value: "Pod": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
      ],
    ],
  ]);
  updates('PersistentVolumeClaim', [
    ['binds it', claim(), claim({ volumeName: 'v' }), []],
    ['gives it a class when it has none', claim(), claim({ storageClassName: 'fast' }), []],
    [
      'does not grow it before it is bound',
      claim(),
      claim({ resources: { requests: { storage: '2Gi' } } }),
      [
        'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n- \tresources.requests.storage: "1Gi"\n+ \tresources.requests.storage: "2Gi"',
      ],
    ],
  ]);
});
