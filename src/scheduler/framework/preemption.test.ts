import { describe, expect, it } from 'vitest';
import type { PodDisruptionBudget } from '#api/generated/policy-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { podInfoOf } from '../cluster/pod-info.ts';
import { pod, requesting, TestCluster } from '../test-cluster.ts';

const of = (name: string, priority: number, cpu: string, labels: Record<string, string> = {}): Pod =>
  pod(name, { ...requesting(cpu), priority }, labels);

function budget(name: string, disruptionsAllowed: number): PodDisruptionBudget {
  return {
    metadata: { name, namespace: 'default' },
    spec: { selector: { matchLabels: { app: name } } },
    status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  };
}

describe('preemption', () => {
  it('takes only pods of lower priority, and no more than it needs', () => {
    const cluster = new TestCluster([{ name: 'a', cpu: '4' }]);
    for (const [name, priority, cpu] of [
      ['low', 1, '1'],
      ['lower', 0, '1'],
      ['big', 5, '2'],
    ] as const)
      cluster.schedule(of(name, priority, cpu));
    expect(cluster.preempt(of('mid', 3, '1'))).toEqual({ node: 'a', victims: ['lower'] });
    expect(cluster.preempt(of('mid', 3, '2'))).toEqual({ node: 'a', victims: ['low', 'lower'] });
    expect(cluster.preempt(of('mid', 3, '3'))).toBeUndefined();
    expect(cluster.preempt(of('equal', 0, '1'))).toBeUndefined();
  });

  it('leaves the cluster as it was', () => {
    const cluster = new TestCluster([{ name: 'a', cpu: '2' }]);
    cluster.schedule(of('one', 0, '2'));
    cluster.preempt(of('two', 1, '1'));
    expect(cluster.state.nodes.get('a')?.requested['cpu']).toBe(2000);
    expect(cluster.state.nodes.get('a')?.pods.size).toBe(1);
  });

  it('prefers the node whose victims matter least', () => {
    const cluster = new TestCluster([
      { name: 'a', cpu: '1' },
      { name: 'b', cpu: '1' },
    ]);
    const first = cluster.schedule(of('important', 5, '1'));
    const second = cluster.schedule(of('unimportant', 1, '1'));
    expect(first).not.toBe(second);
    expect(cluster.preempt(of('urgent', 10, '1'))).toEqual({ node: second, victims: ['unimportant'] });
  });

  it('spares pods that a budget guards, as long as others will do', () => {
    const cluster = new TestCluster([
      { name: 'a', cpu: '1' },
      { name: 'b', cpu: '1' },
    ]);
    const guardedOn = cluster.schedule(of('guarded', 0, '1', { app: 'db' }));
    const freeOn = cluster.schedule(of('free', 0, '1'));
    expect(guardedOn).not.toBe(freeOn);
    expect(cluster.preempt(of('urgent', 10, '1'), [budget('db', 0)])).toEqual({ node: freeOn, victims: ['free'] });
  });

  it('is no help on nodes that are unfit for other reasons', () => {
    const cluster = new TestCluster([{ name: 'a', cpu: '1', unschedulable: true }]);
    cluster.state.place(of('there', 0, '1'), 'a');
    expect(cluster.preempt(of('urgent', 10, '1'))).toBeUndefined();
  });

  it('keeps the room it made for the pod it was made for', () => {
    const cluster = new TestCluster([{ name: 'a', cpu: '1' }]);
    const urgent = of('urgent', 10, '1');
    cluster.state.nominate(podInfoOf(urgent), 'a');
    expect(cluster.schedule(of('pushy', 5, '1'))).toBe('0/1 nodes are available: 1 Insufficient cpu.');
    expect(cluster.schedule(urgent)).toBe('a');
  });
});
