import { describe, expect, test } from 'vitest';
import type { Service } from '../generated/core-v1.ts';
import { created, problems, row, updated, updateProblems, type Part } from './core.fixture.ts';

const service = (spec: Part = {}): Part => ({ spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec } });
const specOf = (spec: Part): unknown => created('Service', { spec }).spec;

describe('a new service', () => {
  test('gets an address of its own, later', () => {
    expect(specOf({ selector: { app: 'web' }, ports: [{ port: 80 }] })).toEqual({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      selector: { app: 'web' },
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    });
  });

  test('of type NodePort lets the world in', () => {
    expect(specOf({ type: 'NodePort', ports: [{ port: 80, targetPort: 'http' }] })).toMatchObject({
      externalTrafficPolicy: 'Cluster',
      ports: [{ port: 80, targetPort: 'http' }],
    });
  });

  test('of type LoadBalancer has node ports', () => {
    expect(specOf({ type: 'LoadBalancer', ports: [{ port: 80 }] })).toMatchObject({
      allocateLoadBalancerNodePorts: true,
      externalTrafficPolicy: 'Cluster',
    });
  });

  test('of type ExternalName has nothing of an address', () => {
    expect(specOf({ type: 'ExternalName', externalName: 'db.example.com' })).toEqual({
      type: 'ExternalName',
      externalName: 'db.example.com',
      sessionAffinity: 'None',
    });
  });

  test('that sticks to clients does so for three hours', () => {
    expect(specOf({ sessionAffinity: 'ClientIP', ports: [{ port: 80 }] })).toMatchObject({
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
    });
  });

  test('without head has None in both fields', () => {
    expect(specOf({ clusterIP: 'None', selector: { app: 'web' } })).toMatchObject({
      clusterIP: 'None',
      clusterIPs: ['None'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
  });

  test('without head and selector carries whatever endpoints there are', () => {
    expect(specOf({ clusterIP: 'None' })).toMatchObject({ ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' });
  });

  test('has an empty status', () => {
    expect(created('Service', { ...service(), status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } }).status).toEqual({
      loadBalancer: {},
    });
  });
});

describe('an update of a service', () => {
  const stored = (spec: Part, allocated: Part): Service => {
    const made = created('Service', service(spec));
    Object.assign(made.spec, allocated);
    return made;
  };
  const address = { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] };

  test('keeps the address and the node ports that it does not mention', () => {
    const old = stored({ type: 'NodePort' }, { ...address, ports: [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: 30080 }] });
    const { spec } = updated('Service', service({ type: 'NodePort', ports: [{ port: 81 }] }), old);
    expect(spec).toMatchObject({ ...address, ports: [{ port: 81, nodePort: 30080 }], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
  });

  test('to ClusterIP gives the node ports back', () => {
    const ports = [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: 30080 }];
    const old = stored({ type: 'NodePort' }, { ...address, ports });
    const { spec } = updated('Service', service({ type: 'ClusterIP', ports, externalTrafficPolicy: 'Cluster' }), old);
    expect(spec.ports).toEqual([{ port: 80, protocol: 'TCP', targetPort: 80 }]);
    expect(spec.externalTrafficPolicy).toBeUndefined();
  });

  test('to ExternalName gives the address back', () => {
    const old = stored({}, address);
    const sent = {
      type: 'ExternalName',
      externalName: 'db.example.com',
      ...address,
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
    };
    const { spec } = updated('Service', service(sent), old);
    expect(spec).toEqual({
      type: 'ExternalName',
      externalName: 'db.example.com',
      sessionAffinity: 'None',
      selector: { app: 'web' },
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    });
  });

  test('does not change the address', () => {
    expect(updateProblems('Service', service(address), service({ clusterIP: '10.96.0.8' }))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set',
    ]);
  });
});

describe('a service', () => {
  test.each<[string, Part, string[]]>([
    ['is fine', {}, []],
    ['has ports', { ports: [] }, ['spec.ports: Required value']],
    ['without head needs none', { ports: [], clusterIP: 'None' }, []],
    ['names its ports when there are several', { ports: [{ port: 80 }, { port: 81, name: 'b' }] }, ['spec.ports[0].name: Required value']],
    [
      'names each port once',
      {
        ports: [
          { port: 80, name: 'a' },
          { port: 81, name: 'a' },
        ],
      },
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [
      'has each port once',
      {
        ports: [
          { port: 80, name: 'a' },
          { port: 80, name: 'b' },
        ],
      },
      ['spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}'],
    ],
    [
      'has ports that there are',
      { ports: [{ port: 0, targetPort: 80 }] },
      ['spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    ],
    [
      'has target ports that there are',
      { ports: [{ port: 80, targetPort: 'a--b' }] },
      ['spec.ports[0].targetPort: Invalid value: "a--b": must not contain consecutive hyphens'],
    ],
    [
      'has a protocol that there is',
      { ports: [{ port: 80, protocol: 'HTTP' }] },
      ['spec.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"'],
    ],
    [
      'has a type that there is',
      { type: 'Magic' },
      ['spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
    ],
    [
      'has node ports for the world alone',
      { ports: [{ port: 80, nodePort: 30080 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    ['has an external name when it is one', { type: 'ExternalName' }, ['spec.externalName: Required value']],
    [
      'without head is not on nodes',
      { type: 'NodePort', clusterIP: 'None' },
      ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    ],
    [
      'sticks to clients or does not',
      { sessionAffinity: 'Cookie' },
      ['spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"'],
    ],
    [
      'sticks to clients for a day at most',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } } },
      ['spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400'],
    ],
    [
      'has external addresses that lead somewhere',
      { externalIPs: ['127.0.0.1'] },
      ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ],
    [
      'sends the world where the world comes in',
      { externalTrafficPolicy: 'Local' },
      ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ],
    [
      'has no second family here',
      { ipFamilyPolicy: 'RequireDualStack' },
      ['spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services'],
    ],
    [
      'has the family of the cluster',
      { ipFamilies: ['IPv6'] },
      ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    ],
    [
      'leaves the kubelet its port',
      { type: 'LoadBalancer', ports: [{ port: 10250 }] },
      ['spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet'],
    ],
    [
      'has source ranges only when balanced',
      { loadBalancerSourceRanges: ['10.0.0.0/8'] },
      ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    ],
  ])('%s', (_, spec, errors) => {
    expect(problems('Service', service(spec))).toEqual(errors);
  });
});

describe('the row of a service', () => {
  const metadata = { name: 'web', creationTimestamp: '2026-01-02T11:00:00Z' };
  const rowOf = (spec: Part, status: Part = {}): unknown[] => row('Service', { metadata, spec, status });

  test.each<[string, unknown[], unknown[]]>([
    [
      'of the cluster',
      rowOf({ clusterIPs: ['10.96.0.1'], ports: [{ port: 443 }], selector: { b: '2', a: '1' } }),
      ['web', 'ClusterIP', '10.96.0.1', '<none>', '443/TCP', '60m', 'a=1,b=2'],
    ],
    [
      'on nodes',
      rowOf({
        type: 'NodePort',
        clusterIPs: ['10.96.0.1'],
        ports: [
          { port: 80, nodePort: 30080 },
          { port: 53, protocol: 'UDP', nodePort: 30053 },
        ],
      }),
      ['web', 'NodePort', '10.96.0.1', '<none>', '80:30080/TCP,53:30053/UDP', '60m', '<none>'],
    ],
    [
      'that waits for its balancer',
      rowOf({ type: 'LoadBalancer', clusterIPs: ['10.96.0.1'], ports: [{ port: 80 }] }),
      ['web', 'LoadBalancer', '10.96.0.1', '<pending>', '80/TCP', '60m', '<none>'],
    ],
    [
      'that is balanced',
      rowOf(
        { type: 'LoadBalancer', clusterIPs: ['10.96.0.1'], externalIPs: ['9.9.9.9'], ports: [{ port: 80 }] },
        { loadBalancer: { ingress: [{ hostname: 'lb' }, { ip: '1.2.3.4' }] } },
      ),
      ['web', 'LoadBalancer', '10.96.0.1', '1.2.3.4,lb,9.9.9.9', '80/TCP', '60m', '<none>'],
    ],
    ['without head', rowOf({ clusterIPs: ['None'] }), ['web', 'ClusterIP', 'None', '<none>', '<none>', '60m', '<none>']],
    [
      'elsewhere',
      rowOf({ type: 'ExternalName', externalName: 'db.example.com' }),
      ['web', 'ExternalName', '<none>', 'db.example.com', '<none>', '60m', '<none>'],
    ],
  ])('%s', (_, cells, expected) => {
    expect(cells).toEqual(expected);
  });
});
