import { describe, expect, it } from 'vitest';
import { MemoryReader } from '../authn/memory-reader.ts';
import type { AuthorizationAttributes } from '../types.ts';
import { AUTHORIZATION_READS, createAuthorization } from './index.ts';

const podOf = (name: string, nodeName: string, spec: object, annotations?: Record<string, string>) => ({
  metadata: { name, namespace: 'dev', uid: name, annotations },
  spec: { nodeName, serviceAccountName: 'builder', containers: [], ...spec },
});

const reader = new MemoryReader({
  pods: [
    podOf('web', 'n1', {
      imagePullSecrets: [{ name: 'pull' }],
      containers: [
        {
          name: 'c',
          env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'env', key: 'k' } } }],
          envFrom: [{ configMapRef: { name: 'settings' } }],
        },
      ],
      volumes: [
        { name: 'v', secret: { secretName: 'tls' } },
        { name: 'p', projected: { sources: [{ configMap: { name: 'kube-root-ca.crt' } }] } },
        { name: 'd', persistentVolumeClaim: { claimName: 'data' } },
      ],
    }),
    podOf('other', 'n2', { volumes: [{ name: 'v', secret: { secretName: 'foreign' } }] }),
    podOf('mirror', 'n1', { volumes: [{ name: 'v', secret: { secretName: 'stolen' } }] }, { 'kubernetes.io/config.mirror': 'x' }),
  ],
  persistentvolumeclaims: [{ metadata: { name: 'data', namespace: 'dev' }, spec: { volumeName: 'pv-1' } } as never],
  persistentvolumes: [
    {
      metadata: { name: 'pv-1' },
      spec: { claimRef: { namespace: 'dev', name: 'data' }, csi: { nodeStageSecretRef: { name: 'stage', namespace: 'storage' } } },
    } as never,
  ],
  'volumeattachments.storage.k8s.io': [
    { metadata: { name: 'a1' }, spec: { nodeName: 'n1' } } as never,
    { metadata: { name: 'a2' }, spec: { nodeName: 'n2' } } as never,
  ],
});
const { authorize } = createAuthorization({ reader });

const ask = (what: string, more: Partial<AuthorizationAttributes> = {}, node = 'n1') => {
  const [verb = '', path = ''] = what.split(' ');
  const [resource = '', name = '', subresource = ''] = path.split('/');
  return authorize({
    user: { name: `system:node:${node}`, groups: ['system:nodes', 'system:authenticated'] },
    verb,
    isResource: true,
    path: '',
    group: '',
    version: 'v1',
    resource,
    subresource,
    namespace: 'dev',
    name,
    ...more,
  });
};

describe('a node', () => {
  it.each([
    'secrets/tls',
    'secrets/env',
    'secrets/pull',
    'configmaps/settings',
    'configmaps/kube-root-ca.crt',
    'persistentvolumeclaims/data',
    'pods/web',
  ])('reads %s, which a pod of its own refers to', async (object) => {
    expect((await ask(`get ${object}`)).decision).toBe('allow');
    expect((await ask(`get ${object}`)).decision).toBe('allow');
    expect(await ask(`get ${object}`, {}, 'n2')).toEqual({
      decision: 'no-opinion',
      reason: "no relationship found between node 'n2' and this object",
    });
  });

  it.each<[string, Partial<AuthorizationAttributes>, boolean]>([
    ['get secrets/foreign', {}, false],
    ['get secrets/stolen', {}, false],
    ['list secrets', {}, false],
    ['watch secrets/tls', {}, true],
    ['list secrets', { fieldSelector: 'metadata.name=tls' }, true],
    ['update secrets/tls', {}, false],
    ['get secrets/stage', { namespace: 'storage' }, true],
    ['get persistentvolumes/pv-1', { namespace: '' }, true],
    ['get volumeattachments/a1', { namespace: '', group: 'storage.k8s.io' }, true],
    ['get volumeattachments/a2', { namespace: '', group: 'storage.k8s.io' }, false],
    ['create serviceaccounts/builder/token', {}, true],
    ['create serviceaccounts/admin/token', {}, false],
    ['update leases/n1', { group: 'coordination.k8s.io', namespace: 'kube-node-lease' }, true],
    ['update leases/n2', { group: 'coordination.k8s.io', namespace: 'kube-node-lease' }, false],
    ['update leases/n1', { group: 'coordination.k8s.io', namespace: 'kube-system' }, false],
    ['get nodes/n1', { namespace: '' }, true],
    ['get nodes/n2', { namespace: '' }, false],
    ['watch nodes', { namespace: '' }, false],
    ['watch nodes', { namespace: '', fieldSelector: 'metadata.name=n1' }, true],
    ['patch nodes/n1/status', { namespace: '' }, true],
    ['watch pods', { namespace: '' }, false],
    ['watch pods', { namespace: '', fieldSelector: 'spec.nodeName=n1' }, true],
    ['watch pods', { namespace: '', fieldSelector: 'spec.nodeName=n2' }, false],
    ['watch services', { namespace: '' }, true],
    ['delete services/kubernetes', {}, false],
    ['create events', {}, true],
  ])('%s %j: %s', async (what, more, allowed) => {
    expect((await ask(what, more)).decision).toBe(allowed ? 'allow' : 'no-opinion');
  });

  it('may no longer read what its pod referred to when the pod is gone', async () => {
    const own = new MemoryReader({ pods: [podOf('web', 'n1', { volumes: [{ name: 'v', secret: { secretName: 'tls' } }] })] });
    const node = createAuthorization({ reader: own }).authorize;
    const request = {
      user: { name: 'system:node:n1', groups: ['system:nodes'] },
      verb: 'get',
      isResource: true,
      path: '',
      group: '',
      version: 'v1',
      resource: 'secrets',
      subresource: '',
      namespace: 'dev',
      name: 'tls',
    };
    expect((await node(request)).decision).toBe('allow');
    own.remove({ group: '', resource: 'pods' }, 'dev', 'web');
    expect((await node(request)).decision).toBe('no-opinion');
  });

  it('is a node only in the group of nodes', async () => {
    expect((await ask('get secrets/tls', { user: { name: 'system:node:n1', groups: [] } })).decision).toBe('no-opinion');
  });
});

describe('the server', () => {
  it('waits at its start for all caches that the tests above have read', () => {
    const waited = AUTHORIZATION_READS.map(({ group, resource }) => `${group}/${resource}`);
    expect(waited).toEqual(expect.arrayContaining([...reader.asked]));
  });
});
