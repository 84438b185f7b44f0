import { describe, expect, it } from 'vitest';
import { MemoryReader } from '../../authn/memory-reader.ts';
import { attributesOf } from '../attributes.ts';
import { admissionChain } from '../index.ts';
import { podSecurity } from './plugin.ts';

const PREFIX = 'pod-security.kubernetes.io/';
const hardened = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

function setUp(labels: Record<string, string>, pods: object[] = []) {
  const prefixed = Object.fromEntries(Object.entries(labels).map(([name, value]) => [PREFIX + name, value]));
  const reader = new MemoryReader({ namespaces: [{ metadata: { name: 'dev', labels: prefixed } }], pods: pods as never });
  const chain = admissionChain([podSecurity(reader)]);
  /** Answers with the warnings. */
  return (attributes: ReturnType<typeof attributesOf>): string[] => {
    void chain.validate(attributes);
    return attributes.warnings;
  };
}
const container = (securityContext: object = hardened, more: object = {}) => ({ name: 'c', securityContext, ...more });
const pod = (spec: object) => attributesOf('pods', { spec });

describe('the level restricted', () => {
  it('takes a hardened pod', () => {
    expect(setUp({ enforce: 'restricted' })(pod({ containers: [container()], volumes: [{ name: 'v', emptyDir: {} }] }))).toEqual([]);
    const onPod = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
    const containers = [container({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })];
    expect(setUp({ enforce: 'restricted' })(pod({ securityContext: onPod, containers }))).toEqual([]);
  });

  it("refuses a plain pod in upstream's words", () => {
    expect(() => setUp({ enforce: 'restricted' })(pod({ containers: [{ name: 'nginx' }] }))).toThrow(
      'pods "web" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "nginx" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "nginx" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "nginx" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "nginx" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
  });

  it.each<[object, string]>([
    [
      {
        containers: [container()],
        volumes: [
          { name: 'a', hostPath: { path: '/' } },
          { name: 'b', nfs: {} },
        ],
      },
      'restricted volume types (volumes "a", "b" use restricted volume types "hostPath", "nfs")',
    ],
    [{ containers: [container({ ...hardened, runAsUser: 0 })] }, 'runAsUser=0 (container "c" must not set runAsUser=0)'],
    [
      { containers: [container({ ...hardened, runAsNonRoot: false })] },
      'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
    ],
    [
      { containers: [container({ ...hardened, capabilities: { drop: ['ALL'], add: ['CHOWN'] } })] },
      'unrestricted capabilities (container "c" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
  ])('refuses %j', (spec, message) => {
    expect(() => setUp({ enforce: 'restricted' })(pod(spec))).toThrow(`violates PodSecurity "restricted:latest": ${message}`);
  });
});

describe('the level baseline', () => {
  it('takes a plain pod', () => {
    expect(setUp({ enforce: 'baseline' })(pod({ containers: [{ name: 'nginx' }], volumes: [{ name: 'v', nfs: {} }] }))).toEqual([]);
  });

  it.each<[object, string]>([
    [{ hostNetwork: true, hostPID: true, containers: [] }, 'host namespaces (hostNetwork=true, hostPID=true)'],
    [{ containers: [container({ privileged: true })] }, 'privileged (container "c" must not set securityContext.privileged=true)'],
    [
      { containers: [container({ capabilities: { add: ['NET_ADMIN', 'CHOWN'] } })] },
      'non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    [{ containers: [], volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'hostPath volumes (volume "v")'],
    [
      { containers: [container({}, { ports: [{ hostPort: 80 }] }), { name: 'd', ports: [{ hostPort: 443 }] }] },
      'hostPort (containers "c", "d" use hostPorts 443, 80)',
    ],
    [
      { containers: [container({ procMount: 'Unmasked' })] },
      'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      { securityContext: { seccompProfile: { type: 'Unconfined' } }, containers: [] },
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      {
        securityContext: {
          sysctls: [
            { name: 'kernel.msgmax', value: '1' },
            { name: 'net.ipv4.tcp_syncookies', value: '1' },
          ],
        },
        containers: [],
      },
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      { containers: [container({ windowsOptions: { hostProcess: true } })] },
      'hostProcess (container "c" must not set securityContext.windowsOptions.hostProcess=true)',
    ],
    [
      { securityContext: { seLinuxOptions: { type: 'spc_t', user: 'u' } }, containers: [container({ seLinuxOptions: { role: 'r' } })] },
      'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)',
    ],
  ])('refuses %j', (spec, message) => {
    expect(() => setUp({ enforce: 'baseline', 'enforce-version': 'v1.30' })(pod(spec))).toThrow(
      `violates PodSecurity "baseline:v1.30": ${message}`,
    );
  });
});

describe('a namespace', () => {
  it('without labels takes everything', () => {
    expect(setUp({})(pod({ hostNetwork: true, containers: [container({ privileged: true })] }))).toEqual([]);
  });

  it('that only warns lets the pod through', () => {
    const attributes = pod({ containers: [container({ privileged: true })] });
    expect(setUp({ warn: 'baseline' })(attributes)).toEqual([
      'would violate PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)',
    ]);
  });

  it('warns of what makes pods', () => {
    const attributes = attributesOf('deployments', { spec: { template: { spec: { hostPID: true, containers: [] } } } }, { group: 'apps' });
    expect(setUp({ warn: 'baseline', enforce: 'baseline' })(attributes)).toEqual([
      'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',
    ]);
  });

  it('does not look at an update that leaves the spec as it is', () => {
    const spec = { hostPID: true, containers: [] };
    const oldObject = { metadata: { name: 'web' }, spec } as never;
    expect(setUp({ enforce: 'baseline' })(attributesOf('pods', { spec }, { operation: 'UPDATE', oldObject }))).toEqual([]);
  });

  it('tells whoever tightens its level which pods do not fit', () => {
    const privileged = (name: string) => ({
      metadata: { name, namespace: 'dev' },
      spec: { containers: [container({ privileged: true })] },
    });
    const namespace = { metadata: { name: 'dev', labels: { [`${PREFIX}enforce`]: 'baseline' } } };
    const attributes = attributesOf('namespaces', namespace, {
      namespace: '',
      operation: 'UPDATE',
      oldObject: { metadata: { name: 'dev' } },
    });
    expect(setUp({}, [privileged('a'), privileged('b')])(attributes)).toEqual([
      'existing pods in namespace "dev" violate the new PodSecurity enforce level "baseline:latest"',
      'a (and 1 other pod): privileged',
    ]);
  });

  it('must name levels and versions that exist', () => {
    const namespace = { metadata: { name: 'dev', labels: { [`${PREFIX}enforce`]: 'strict' } } };
    expect(() => setUp({})(attributesOf('namespaces', namespace, { namespace: '' }))).toThrow(
      'Namespace "dev" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
    );
  });
});
