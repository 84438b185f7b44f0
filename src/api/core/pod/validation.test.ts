import { describe, expect, test } from 'vitest';
import { root } from '#apimachinery';
import { read, texts, type Part } from '../core.fixture.ts';
import { container, LABEL, pod, table } from './pod-validation.fixture.ts';
import { validatePodTemplateSpec } from './validation.ts';

const withVolume = (source: Part): Part => pod({ volumes: [{ name: 'v', ...source }] });

describe('a pod that is fine', () => {
  table([
    ['with one container', pod({}), []],
    [
      'with most of everything',
      pod({
        serviceAccountName: 'robot',
        initContainers: [
          container({ name: 'init' }),
          container({ name: 'side', restartPolicy: 'Always', readinessProbe: { exec: { command: ['true'] } } }),
        ],
        containers: [
          container({
            ports: [{ name: 'http', containerPort: 80, hostPort: 8080 }],
            env: [
              { name: 'A.B-c', value: '1' },
              { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
            ],
            envFrom: [{ configMapRef: { name: 'c' } }],
            resources: { requests: { cpu: '100m', 'example.com/gpu': '1' }, limits: { cpu: '1', 'example.com/gpu': '1' } },
            volumeMounts: [{ name: 'data', mountPath: '/data', subPath: 'a/b' }],
            livenessProbe: { tcpSocket: { port: 'http' } },
            lifecycle: { preStop: { sleep: { seconds: 5 } } },
            securityContext: { runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
          }),
        ],
        volumes: [
          { name: 'data', emptyDir: { sizeLimit: '1Gi' } },
          { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
        ],
        tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }],
            },
          },
        },
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'a' } } },
        ],
        hostAliases: [{ ip: '10.0.0.1', hostnames: ['db.example.com'] }],
        dnsConfig: { nameservers: ['1.1.1.1'], searches: ['.', '_tcp.example.com'] },
      }),
      [],
    ],
  ]);
});

describe('volumes', () => {
  table([
    ['have a name', pod({ volumes: [{ emptyDir: {} }] }), ['spec.volumes[0].name: Required value']],
    ['have a name of their own', pod({ volumes: [{ name: 'v' }, { name: 'v' }] }), ['spec.volumes[1].name: Duplicate value: "v"']],
    [
      'are of one sort',
      withVolume({ emptyDir: {}, configMap: { name: 'c' } }),
      ['spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type'],
    ],
    ['from a secret name it', withVolume({ secret: {} }), ['spec.volumes[0].secret.secretName: Required value']],
    ['from a config map name it', withVolume({ configMap: {} }), ['spec.volumes[0].configMap.name: Required value']],
    [
      'have modes in octal',
      withVolume({ configMap: { name: 'c', defaultMode: 777 } }),
      ['spec.volumes[0].configMap.defaultMode: Invalid value: 777: must be a number between 0 and 0777 (octal), both inclusive'],
    ],
    [
      'keep their items inside',
      withVolume({ secret: { secretName: 's', items: [{ key: 'k', path: '/etc/passwd' }] } }),
      ['spec.volumes[0].secret.items[0].path: Invalid value: "/etc/passwd": must be a relative path'],
    ],
    ['on the host have a path', withVolume({ hostPath: {} }), ['spec.volumes[0].hostPath.path: Required value']],
    [
      'on the host are of a type that there is',
      withVolume({ hostPath: { path: '/x', type: 'Folder' } }),
      [
        'spec.volumes[0].hostPath.type: Unsupported value: "Folder": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
      ],
    ],
    ['of a claim name it', withVolume({ persistentVolumeClaim: {} }), ['spec.volumes[0].persistentVolumeClaim.claimName: Required value']],
    [
      'with a short-lived token',
      pod({
        serviceAccountName: 'a',
        volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 60 } }] } }],
      }),
      [
        'spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
      ],
    ],
    [
      'with a token for nobody',
      withVolume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }),
      ['spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set'],
    ],
    [
      'of the downward API have a source for a file',
      withVolume({ downwardAPI: { items: [{ path: 'p' }] } }),
      ['spec.volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required'],
    ],
    [
      'over NFS have an absolute path',
      withVolume({ nfs: { server: 's', path: 'x' } }),
      ['spec.volumes[0].nfs.path: Invalid value: "x": must be an absolute path'],
    ],
  ]);
});

describe('scheduling', () => {
  const required = (term: Part): Part =>
    pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } } });
  const at = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  table([
    [
      'by terms needs one',
      pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } }),
      [`${at}: Required value: must have at least one node selector term`],
    ],
    [
      'by values needs values',
      required({ matchExpressions: [{ key: 'a', operator: 'In' }] }),
      [`${at}[0].matchExpressions[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`],
    ],
    [
      'has operators',
      required({ matchExpressions: [{ key: 'a', operator: 'Like', values: ['x'] }] }),
      [`${at}[0].matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator`],
    ],
    [
      'beside other pods says in what',
      pod({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: {} }] } } }),
      ['spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty'],
    ],
    [
      'prefers from 1 to 100',
      pod({
        affinity: {
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, podAffinityTerm: { topologyKey: 'zone', labelSelector: {} } }],
          },
        },
      }),
      [
        'spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
      ],
    ],
    [
      'tolerates everything only explicitly',
      pod({ tolerations: [{ value: 'x' }] }),
      [
        'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      'tolerates for a time only what evicts',
      pod({ tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 5 }] }),
      ['spec.tolerations[0].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set'],
    ],
    [
      'spreads by at least one',
      pod({ topologySpreadConstraints: [{ topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] }),
      ['spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero'],
    ],
    [
      'spreads in a way that there is',
      pod({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'Perhaps' }] }),
      [
        'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Perhaps": supported values: "DoNotSchedule", "ScheduleAnyway"',
      ],
    ],
    [
      'waits at each gate once',
      pod({ schedulingGates: [{ name: 'a' }, { name: 'a' }] }),
      ['spec.schedulingGates[1]: Duplicate value: "a"'],
    ],
    [
      'does not happen while gates are closed',
      pod({ schedulingGates: [{ name: 'a' }], nodeName: 'n' }),
      ['spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
    ],
  ]);
});

describe('the rest of a pod', () => {
  table([
    [
      'restarts in a way that there is',
      pod({ restartPolicy: 'Sometimes' }),
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
    [
      'asks a DNS that there is',
      pod({ dnsPolicy: 'Mine' }),
      ['spec.dnsPolicy: Unsupported value: "Mine": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"'],
    ],
    [
      'brings its own DNS where it wants none',
      pod({ dnsPolicy: 'None' }),
      ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    ],
    [
      'asks no more than three servers',
      pod({ dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] } }),
      ['spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]: must not have more than 3 nameservers'],
    ],
    [
      'has a deadline in the future',
      pod({ activeDeadlineSeconds: 0 }),
      ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    ],
    ['has a host name', pod({ hostname: 'My_Host' }), [`spec.hostname: Invalid value: "My_Host": ${LABEL}`]],
    [
      'gets no ephemeral containers at first',
      pod({ ephemeralContainers: [container({ name: 'debug' })] }),
      ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
    ],
  ]);
});

test('a template is checked where it stands, and needs no final image', () => {
  const template = {
    spec: { containers: [container({ image: ' ', imagePullPolicy: 'Sometimes' })], ephemeralContainers: [container({ name: 'debug' })] },
    metadata: { labels: { 'a b': 'x' } },
  };
  const podTemplate = read('PodTemplate', { template });
  const errors = texts(validatePodTemplateSpec(podTemplate.template, root.child('spec', 'template')));
  expect(errors).toHaveLength(3);
  expect(errors[0]).toContain('spec.template.metadata.labels: Invalid value: "a b": name part must consist of');
  expect(errors.slice(1)).toEqual([
    'spec.template.spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
    'spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template',
  ]);
});
