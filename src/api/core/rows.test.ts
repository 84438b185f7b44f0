import { describe, expect, test } from 'vitest';
import { row, type CoreKind, type Part } from './core.fixture.ts';

const metadata = { name: 'it', creationTimestamp: '2026-01-02T11:00:00Z' };
const withMeta = (object: Part, more: Part = {}): Part => ({ ...object, metadata: { ...metadata, ...more } });

describe('the row of', () => {
  test.each<[string, CoreKind, Part, unknown[]]>([
    ['a config map', 'ConfigMap', withMeta({ data: { a: '1', b: '2' }, binaryData: { c: 'AA==' } }), ['it', 3, '60m']],
    ['a secret', 'Secret', withMeta({ stringData: { a: '1' } }), ['it', 'Opaque', 1, '60m']],
    ['a service account', 'ServiceAccount', withMeta({ secrets: [{ name: 's' }] }), ['it', 1, '60m']],
    ['a namespace', 'Namespace', withMeta({ status: { phase: 'Active' } }), ['it', 'Active', '60m']],
    [
      'endpoints',
      'Endpoints',
      withMeta({ subsets: [{ addresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }], ports: [{ port: 80 }, { port: 443 }] }] }),
      ['it', '10.0.0.1:80,10.0.0.2:80,10.0.0.1:443 + 1 more...', '60m'],
    ],
    ['endpoints without ports', 'Endpoints', withMeta({ subsets: [{ addresses: [{ ip: '10.0.0.1' }] }] }), ['it', '10.0.0.1', '60m']],
    [
      'endpoints of IPv6',
      'Endpoints',
      withMeta({ subsets: [{ addresses: [{ ip: 'fd00::1' }], ports: [{ port: 80 }] }] }),
      ['it', '[fd00::1]:80', '60m'],
    ],
    ['no endpoints', 'Endpoints', withMeta({}), ['it', '<none>', '60m']],
    [
      'a node',
      'Node',
      withMeta(
        {
          spec: { unschedulable: true },
          status: {
            conditions: [{ type: 'Ready', status: 'True' }],
            addresses: [{ type: 'InternalIP', address: '192.168.0.2' }],
            nodeInfo: { kubeletVersion: 'v1.36.0', osImage: 'Debian', kernelVersion: '6.1', containerRuntimeVersion: 'containerd://1.6' },
          },
        },
        { labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' } },
      ),
      [
        'it',
        'Ready,SchedulingDisabled',
        'control-plane,worker',
        '60m',
        'v1.36.0',
        '192.168.0.2',
        '<none>',
        'Debian',
        '6.1',
        'containerd://1.6',
      ],
    ],
    [
      'a node that says nothing',
      'Node',
      withMeta({}),
      ['it', 'Unknown', '<none>', '60m', '', '<none>', '<none>', '<unknown>', '<unknown>', '<unknown>'],
    ],
    [
      'a node that is not ready',
      'Node',
      withMeta({ status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }),
      ['it', 'NotReady', '<none>', '60m', '', '<none>', '<none>', '<unknown>', '<unknown>', '<unknown>'],
    ],
    [
      'an event of the older sort',
      'Event',
      withMeta({
        involvedObject: { kind: 'Pod', name: 'web', fieldPath: 'spec.containers{web}' },
        reason: 'Pulled',
        type: 'Normal',
        message: ' done\n',
        source: { component: 'kubelet', host: 'n1' },
        firstTimestamp: '2026-01-02T11:58:00Z',
        lastTimestamp: '2026-01-02T11:59:30Z',
        count: 4,
      }),
      ['30s', 'Normal', 'Pulled', 'pod/web', 'spec.containers{web}', 'kubelet, n1', 'done', '2m', 4, 'it'],
    ],
    [
      'an event of the newer sort',
      'Event',
      withMeta({
        involvedObject: { kind: 'Pod', name: 'web' },
        reason: 'Scheduled',
        type: 'Normal',
        message: 'ok',
        eventTime: '2026-01-02T11:59:00.000000Z',
        reportingComponent: 'default-scheduler',
        reportingInstance: 'h1',
      }),
      ['60s', 'Normal', 'Scheduled', 'pod/web', '', 'default-scheduler, h1', 'ok', '60s', 1, 'it'],
    ],
    [
      'a series of events',
      'Event',
      withMeta({
        involvedObject: { kind: 'Node', name: 'n' },
        eventTime: '2026-01-02T11:50:00.000000Z',
        series: { count: 7, lastObservedTime: '2026-01-02T11:59:00.000000Z' },
      }),
      ['60s', '', '', 'node/n', '', '', '', '10m', 7, 'it'],
    ],
    ['a limit range', 'LimitRange', withMeta({}), ['it', '2026-01-02T11:00:00Z']],
    [
      'a quota',
      'ResourceQuota',
      withMeta({ status: { hard: { pods: '10', 'limits.cpu': '2', 'requests.cpu': '1' }, used: { pods: '3', 'requests.cpu': '500m' } } }),
      ['it', 'pods: 3/10, requests.cpu: 500m/1', 'limits.cpu: 0/2', '60m'],
    ],
    [
      'a volume',
      'PersistentVolume',
      withMeta({
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
          claimRef: { namespace: 'a', name: 'b' },
          storageClassName: 'fast',
        },
        status: { phase: 'Bound' },
      }),
      ['it', '1Gi', 'RWO,RWX', 'Retain', 'Bound', 'a/b', 'fast', '<unset>', '', '60m', 'Filesystem'],
    ],
    [
      'a claim that is bound',
      'PersistentVolumeClaim',
      withMeta({
        spec: { volumeName: 'v', storageClassName: 'fast' },
        status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
      }),
      ['it', 'Bound', 'v', '1Gi', 'RWO', 'fast', '<unset>', '60m', 'Filesystem'],
    ],
    [
      'a claim that waits',
      'PersistentVolumeClaim',
      withMeta({ status: { phase: 'Pending' } }),
      ['it', 'Pending', '', '', '', '', '<unset>', '60m', 'Filesystem'],
    ],
    [
      'a replication controller',
      'ReplicationController',
      withMeta({
        spec: {
          replicas: 3,
          template: {
            metadata: { labels: { app: 'web' } },
            spec: {
              containers: [
                { name: 'a', image: 'x:1' },
                { name: 'b', image: 'y' },
              ],
            },
          },
        },
        status: { replicas: 2, readyReplicas: 1 },
      }),
      ['it', 3, 2, 1, '60m', 'a,b', 'x:1,y', 'app=web'],
    ],
    [
      'a pod template',
      'PodTemplate',
      withMeta({ template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'x:1' }] } } }),
      ['it', 'a', 'x:1', 'app=web'],
    ],
    [
      'a component',
      'ComponentStatus',
      withMeta({ conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] }),
      ['it', 'Healthy', 'ok', ''],
    ],
  ])('%s', (_, kind, object, cells) => {
    expect(row(kind, object)).toEqual(cells);
  });
});
