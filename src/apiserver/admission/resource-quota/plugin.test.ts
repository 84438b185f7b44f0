import { describe, expect, it } from 'vitest';
import { conflict } from '#apimachinery';
import type { ResourceQuota } from '#api/generated/core-v1.ts';
import { MemoryReader } from '../../authn/memory-reader.ts';
import type { AdmissionAttributes } from '../../types.ts';
import { attributesOf } from '../attributes.ts';
import { admissionChain } from '../index.ts';
import { resourceQuota } from './plugin.ts';

const QUOTAS = { group: '', resource: 'resourcequotas' };
const quota = (hard: Record<string, string>, used: Record<string, string>, spec: object = {}): ResourceQuota => ({
  metadata: { name: 'q', namespace: 'dev', resourceVersion: '1' },
  spec: { hard, ...spec },
  status: { hard, used },
});

function setUp(present: ResourceQuota) {
  const reader = new MemoryReader({ resourcequotas: [present] });
  const chain = admissionChain([
    resourceQuota(reader, async (wanted) => {
      await Promise.resolve();
      const now = reader.get(QUOTAS, 'dev', 'q') as ResourceQuota;
      if (now.metadata.resourceVersion !== wanted.metadata.resourceVersion) throw conflict(QUOTAS, 'q', 'MODIFIED');
      const next = { ...wanted, metadata: { ...wanted.metadata, resourceVersion: String(Number(now.metadata.resourceVersion) + 1) } };
      reader.put(QUOTAS, next);
      return next;
    }),
  ]);
  const run = async (attributes: AdmissionAttributes): Promise<void> => await chain.validate(attributes);
  const used = (): Record<string, string> | undefined => (reader.get(QUOTAS, 'dev', 'q') as ResourceQuota).status.used;
  return { reader, run, used };
}

const pod = (requests: object, limits: object = {}, more: object = {}) =>
  attributesOf('pods', { spec: { containers: [{ name: 'c', resources: { requests, limits } }], ...more } });

describe('ResourceQuota', () => {
  it('charges what it lets through', async () => {
    const { run, used } = setUp(
      quota({ pods: '3', 'requests.cpu': '1', 'limits.memory': '1Gi' }, { pods: '1', 'requests.cpu': '100m', 'limits.memory': '0' }),
    );
    await run(pod({ cpu: '500m' }, { memory: '256Mi' }));
    expect(used()).toEqual({ pods: '2', 'requests.cpu': '600m', 'limits.memory': '256Mi' });
  });

  it.each<[string, ResourceQuota, AdmissionAttributes, string]>([
    ['too many pods', quota({ pods: '1' }, { pods: '1' }), pod({}), 'exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'],
    [
      'too much of several things',
      quota({ cpu: '1', memory: '1Gi', pods: '9' }, { cpu: '800m', memory: '900Mi', pods: '1' }),
      pod({ cpu: '300m', memory: '200Mi' }),
      'exceeded quota: q, requested: cpu=300m,memory=200Mi, used: cpu=800m,memory=900Mi, limited: cpu=1,memory=1Gi',
    ],
    [
      'pods that do not say what they need',
      quota({ 'limits.cpu': '1', memory: '1Gi' }, {}),
      pod({}),
      'failed quota: q: must specify limits.cpu for: c; memory for: c',
    ],
    ['what nobody has counted yet', quota({ pods: '1' }, {}), pod({}), 'status unknown for quota: q, resources: pods'],
    [
      'objects of any kind',
      quota({ 'count/deployments.apps': '0' }, { 'count/deployments.apps': '0' }),
      attributesOf('deployments', {}, { group: 'apps' }),
      'deployments.apps "web" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0',
    ],
    [
      'node ports',
      quota({ 'services.nodeports': '1' }, { 'services.nodeports': '0' }),
      attributesOf('services', { spec: { type: 'NodePort', ports: [{ port: 1 }, { port: 2 }] } }),
      'requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1',
    ],
    [
      'storage of a class',
      quota({ 'fast.storageclass.storage.k8s.io/requests.storage': '1Gi' }, { 'fast.storageclass.storage.k8s.io/requests.storage': '0' }),
      attributesOf('persistentvolumeclaims', { spec: { storageClassName: 'fast', resources: { requests: { storage: '2Gi' } } } }),
      'exceeded quota: q, requested: fast.storageclass.storage.k8s.io/requests.storage=2Gi',
    ],
  ])('refuses %s', async (_, present, attributes, message) => {
    await expect(setUp(present).run(attributes)).rejects.toThrow(message);
  });

  it.each<[string, object, object, boolean]>([
    ['BestEffort', {}, {}, true],
    ['BestEffort', { cpu: '1' }, {}, false],
    ['NotBestEffort', { cpu: '1' }, {}, true],
    ['Terminating', {}, { activeDeadlineSeconds: 5 }, true],
    ['Terminating', {}, {}, false],
    ['NotTerminating', {}, {}, true],
  ])('with scope %s counts pods with requests %j and %j: %s', async (scope, requests, spec, counted) => {
    const { run, used } = setUp(quota({ pods: '5' }, { pods: '0' }, { scopes: [scope] }));
    await run(pod(requests, {}, spec));
    expect(used()?.['pods']).toBe(counted ? '1' : '0');
  });

  it('counts by priority class', async () => {
    const scopeSelector = { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] };
    const { run, used } = setUp(quota({ pods: '5' }, { pods: '0' }, { scopeSelector }));
    await run(pod({}, {}, { priorityClassName: 'high' }));
    await run(pod({}, {}, { priorityClassName: 'low' }));
    expect(used()?.['pods']).toBe('1');
  });

  it('gives no more than there is to many at once', async () => {
    const { run, used } = setUp(quota({ pods: '5' }, { pods: '0' }));
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => run(pod({}))));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(used()).toEqual({ pods: '5' });
  });

  it('looks again when somebody else has written the quota', async () => {
    const present = quota({ pods: '5' }, { pods: '0' });
    const { reader, run, used } = setUp(present);
    const running = run(pod({}));
    reader.put(QUOTAS, {
      ...present,
      metadata: { ...present.metadata, resourceVersion: '7' },
      status: { ...present.status, used: { pods: '3' } },
    } as ResourceQuota);
    await running;
    expect(used()).toEqual({ pods: '4' });
  });

  it('charges nothing for a dry run, and only growth for an update', async () => {
    const { run, used } = setUp(quota({ 'requests.storage': '5Gi' }, { 'requests.storage': '1Gi' }));
    const claim = (storage: string) => ({ metadata: { name: 'web', namespace: 'dev' }, spec: { resources: { requests: { storage } } } });
    await run(attributesOf('persistentvolumeclaims', claim('2Gi'), { dryRun: true }));
    expect(used()).toEqual({ 'requests.storage': '1Gi' });
    await run(attributesOf('persistentvolumeclaims', claim('3Gi'), { operation: 'UPDATE', oldObject: claim('1Gi') }));
    expect(used()).toEqual({ 'requests.storage': '3Gi' });
  });

  it('does not wait where there is no quota', () => {
    const chain = admissionChain([resourceQuota(new MemoryReader(), (wanted) => Promise.resolve(wanted))]);
    expect(chain.validate(pod({}))).toBeUndefined();
  });
});
