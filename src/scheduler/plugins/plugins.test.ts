import { describe, expect, it } from 'vitest';
import { selectorOf } from '#apimachinery';
import { pod, requesting, TestCluster } from '../test-cluster.ts';

const zone = (value: string): Record<string, string> => ({ 'topology.kubernetes.io/zone': value });
const inZone = 'topology.kubernetes.io/zone';
const byHost = 'kubernetes.io/hostname';

describe('resources', () => {
  it('a pod goes where what it requests is left', () => {
    const cluster = new TestCluster([
      { name: 'small', cpu: '1' },
      { name: 'large', cpu: '4' },
    ]);
    expect(cluster.schedule(pod('a', requesting('2')))).toBe('large');
  });

  it('names what is insufficient, counted by node', () => {
    const cluster = new TestCluster([
      { name: 'a', cpu: '1', memory: '1Gi' },
      { name: 'b', cpu: '8', memory: '1Gi' },
    ]);
    expect(cluster.schedule(pod('x', requesting('2', '2Gi')))).toBe('0/2 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.');
  });

  it('init containers count by the largest, sidecars beside everything', () => {
    const cluster = new TestCluster([{ name: 'a', cpu: '2' }]);
    const init = { name: 'i', image: 'x', resources: { requests: { cpu: '2' } } };
    expect(cluster.schedule(pod('fits', { ...requesting('1'), initContainers: [init] }))).toBe('a');
    const other = new TestCluster([{ name: 'a', cpu: '2' }]);
    const sidecar = { name: 's', image: 'x', restartPolicy: 'Always', resources: { requests: { cpu: '1500m' } } };
    expect(other.schedule(pod('not', { ...requesting('1'), initContainers: [sidecar] }))).toBe(
      '0/1 nodes are available: 1 Insufficient cpu.',
    );
  });

  it('a full node says so', () => {
    const cluster = new TestCluster([{ name: 'a', pods: '1' }]);
    cluster.schedule(pod('one'));
    expect(cluster.schedule(pod('two'))).toBe('0/1 nodes are available: 1 Too many pods.');
  });

  it('pods that request nothing are spread all the same', () => {
    const cluster = new TestCluster([{ name: 'a' }, { name: 'b' }]);
    expect(new Set([cluster.schedule(pod('1')), cluster.schedule(pod('2'))])).toEqual(new Set(['a', 'b']));
  });

  it('what a pod had is free again when it has gone', () => {
    const cluster = new TestCluster([{ name: 'a', cpu: '1' }]);
    cluster.schedule(pod('first', requesting('1')));
    cluster.state.remove('default/first');
    expect(cluster.schedule(pod('second', requesting('1')))).toBe('a');
  });
});

describe('where a pod may go', () => {
  it('a cluster without nodes has none to offer', () => {
    expect(new TestCluster([]).schedule(pod('a'))).toBe('no nodes available to schedule pods');
  });

  it('cordoned nodes are left out', () => {
    const cluster = new TestCluster([{ name: 'a', unschedulable: true }]);
    expect(cluster.schedule(pod('a'))).toBe('0/1 nodes are available: 1 node(s) were unschedulable.');
  });

  it('taints need a toleration', () => {
    const taints = [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }];
    const cluster = new TestCluster([{ name: 'a', taints }]);
    expect(cluster.schedule(pod('no'))).toBe('0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.');
    expect(cluster.schedule(pod('yes', { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }] }))).toBe(
      'a',
    );
    expect(cluster.schedule(pod('all', { tolerations: [{ operator: 'Exists' }] }))).toBe('a');
  });

  it('nodes with a PreferNoSchedule taint come last', () => {
    const cluster = new TestCluster([{ name: 'a', taints: [{ key: 'x', effect: 'PreferNoSchedule' }] }, { name: 'b' }]);
    expect(cluster.schedule(pod('p'))).toBe('b');
  });

  it('nodeSelector and required node affinity both hold', () => {
    const cluster = new TestCluster([
      { name: 'a', labels: { disk: 'ssd' } },
      { name: 'b', labels: { disk: 'ssd', tier: '3' } },
    ]);
    const nodeAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'tier', operator: 'Gt', values: ['2'] }] }],
      },
    };
    expect(cluster.schedule(pod('p', { nodeSelector: { disk: 'ssd' }, affinity: { nodeAffinity } }))).toBe('b');
    expect(cluster.schedule(pod('q', { nodeSelector: { disk: 'hdd' } }))).toBe(
      "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
    );
  });

  it('host ports must be free', () => {
    const cluster = new TestCluster([{ name: 'a' }]);
    const spec = { containers: [{ name: 'c', image: 'x', resources: {}, ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }] }] };
    expect(cluster.schedule(pod('1', spec))).toBe('a');
    expect(cluster.schedule(pod('2', spec))).toBe("0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.");
  });
});

describe('spreading', () => {
  const constraint = { maxSkew: 1, topologyKey: inZone, whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'b' } } };

  it('keeps zones within maxSkew of each other', () => {
    const cluster = new TestCluster(
      [1, 2, 3].flatMap((number) => ['x', 'y'].map((name) => ({ name: `${name}${number}`, labels: zone(`z${number}`) }))),
    );
    const counts = new Map<string, number>();
    for (let i = 0; i < 9; i++) {
      const chosen = cluster.schedule(pod(`p${i}`, { topologySpreadConstraints: [constraint] }, { app: 'b' })).slice(-1);
      counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual([3, 3, 3]);
  });

  it('refuses nodes that would make it uneven, and nodes without the label', () => {
    const cluster = new TestCluster([{ name: 'a', labels: zone('1') }, { name: 'b', labels: zone('2'), cpu: '0' }, { name: 'c' }]);
    const wanted = (name: string) => pod(name, { ...requesting('100m'), topologySpreadConstraints: [constraint] }, { app: 'b' });
    expect(cluster.schedule(wanted('1'))).toBe('a');
    expect(cluster.schedule(wanted('2'))).toBe(
      "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't match pod topology spread constraints (missing required label).",
    );
  });

  it('spreads pods of one Service without being told to', () => {
    const cluster = new TestCluster(
      ['a', 'b', 'c'].map((name) => ({ name })),
      () => selectorOf({ matchLabels: { app: 'web' } }),
    );
    const nodes = [1, 2, 3].map((number) => cluster.schedule(pod(`p${number}`, {}, { app: 'web' })));
    expect(new Set(nodes).size).toBe(3);
  });
});

describe('affinity between pods', () => {
  const term = (topologyKey: string) => ({ topologyKey, labelSelector: { matchLabels: { app: 'db' } } });

  it('required anti-affinity keeps replicas apart', () => {
    const cluster = new TestCluster([{ name: 'a' }, { name: 'b' }]);
    const spec = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(byHost)] } } };
    const nodes = [cluster.schedule(pod('1', spec, { app: 'db' })), cluster.schedule(pod('2', spec, { app: 'db' }))];
    expect(new Set(nodes)).toEqual(new Set(['a', 'b']));
    expect(cluster.schedule(pod('3', spec, { app: 'db' }))).toMatch(
      /^0\/2 nodes are available: 2 node\(s\) didn't satisfy existing pods anti-affinity rules\.$/,
    );
  });

  it('required affinity goes where the others are, and the first one anywhere', () => {
    const cluster = new TestCluster([
      { name: 'a', labels: zone('1') },
      { name: 'b', labels: zone('2') },
    ]);
    const spec = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(inZone)] } } };
    const first = cluster.schedule(pod('1', spec, { app: 'db' }));
    expect(cluster.schedule(pod('2', spec, { app: 'db' }))).toBe(first);
    const lonely = new TestCluster([{ name: 'a', labels: zone('1') }]);
    expect(lonely.schedule(pod('x', spec, { app: 'web' }))).toBe("0/1 nodes are available: 1 node(s) didn't match pod affinity rules.");
  });

  it('wishes of placed pods count for newcomers', () => {
    const cluster = new TestCluster([{ name: 'a' }, { name: 'b' }]);
    const away = {
      affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term(byHost) }] } },
    };
    const first = cluster.schedule(pod('guard', away, { app: 'web' }));
    expect(cluster.schedule(pod('db', {}, { app: 'db' }))).not.toBe(first);
  });

  it('terms stay in their namespace unless they name others', () => {
    const cluster = new TestCluster([{ name: 'a' }]);
    const spec = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(byHost)] } } };
    cluster.schedule(pod('1', spec, { app: 'db' }));
    const other = pod('2', spec, { app: 'db' });
    other.metadata.namespace = 'elsewhere';
    expect(cluster.schedule(other)).toBe('a');
  });
});
