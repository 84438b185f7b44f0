import { describe, expect, it } from 'vitest';
import { created, errorsOf, inVersion, rowOf, servedKindOf, updateErrorsOf, type Manifest } from '../kinds.fixture.ts';
import type { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from '../generated/networking-v1.ts';

const backend = { service: { name: 'web', port: { number: 80 } } };
const ingress = (spec: object, metadata?: object): Manifest => ({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec });
const onePath = (path: object) => ({ rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...path }] } }] });
const at = 'spec.rules[0].http.paths[0]';

describe('an Ingress', () => {
  it.each<[string, object, string]>([
    ['nothing to serve', {}, 'spec: Invalid value: []: either `defaultBackend` or `rules` must be specified'],
    ['no path type', onePath({ pathType: undefined }), `${at}.pathType: Required value: pathType must be specified`],
    [
      'an unknown path type',
      onePath({ pathType: 'Regex' }),
      `${at}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
    ],
    ['a relative path', onePath({ path: 'foo' }), `${at}.path: Invalid value: "foo": must be an absolute path`],
    ['a doubled slash', onePath({ path: '/a//b' }), `${at}.path: Invalid value: "/a//b": must not contain '//'`],
    ['a way up', onePath({ path: '/a/..' }), `${at}.path: Invalid value: "/a/..": cannot end with '/..'`],
    ['no backend', onePath({ backend: {} }), `${at}.backend: Invalid value: "": resource or service backend is required`],
    [
      'no port',
      onePath({ backend: { service: { name: 'web', port: {} } } }),
      `${at}.backend: Required value: port name or number is required`,
    ],
    [
      'two ports',
      onePath({ backend: { service: { name: 'web', port: { name: 'http', number: 80 } } } }),
      `${at}.backend: Invalid value: "": cannot set both port name & port number`,
    ],
    [
      'an address as host',
      { rules: [{ host: '10.0.0.1' }] },
      'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    ],
    ['no paths', { rules: [{ http: { paths: [] } }] }, 'spec.rules[0].http.paths: Required value'],
  ])('is refused with %s', (_, spec, error) => {
    expect(errorsOf(ingress(spec))).toContain(error);
  });

  it.each<[string, boolean]>([
    ['*.example.com', true],
    ['a.*.example.com', false],
    ['*', false],
    ['www.example.com', true],
  ])('with the host %s is fine: %s', (host, fine) => {
    expect(errorsOf(ingress({ rules: [{ host }] })).length === 0).toBe(fine);
  });

  it('is refused when annotation and field name different classes', () => {
    const metadata = { annotations: { 'kubernetes.io/ingress.class': 'a' } };
    expect(errorsOf(ingress({ defaultBackend: backend, ingressClassName: 'b' }, metadata))).toEqual([
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ]);
    expect(errorsOf(ingress({ defaultBackend: backend, ingressClassName: 'a' }, metadata))).toEqual([]);
  });

  it('prints as kubectl shows it', () => {
    const hosts = ['a.io', 'b.io', 'c.io', 'd.io', 'e.io'];
    const object = created<Ingress>(ingress({ ingressClassName: 'nginx', rules: hosts.map((host) => ({ host })), tls: [{ hosts }] }));
    object.status = { loadBalancer: { ingress: [{ ip: '10.0.0.2' }, { hostname: 'lb' }] } };
    expect(rowOf(object)).toEqual({
      Name: 'a',
      Class: 'nginx',
      Hosts: 'a.io,b.io,c.io + 2 more...',
      Address: '10.0.0.2,lb',
      Ports: '80, 443',
      Age: '4m5s',
    });
    expect(rowOf(created(ingress({ defaultBackend: backend })))).toMatchObject({ Class: '<none>', Hosts: '*', Address: '', Ports: '80' });
  });

  it.each(['networking.k8s.io/v1beta1', 'extensions/v1beta1'])('of %s becomes one of v1 and back', (apiVersion) => {
    const spec = {
      backend: { serviceName: 'fallback', servicePort: 'http' },
      rules: [{ host: 'a.io', http: { paths: [{ path: '/testpath', backend: { serviceName: 'test', servicePort: 80 } }] } }],
    };
    const stored = created<Ingress>({ apiVersion, kind: 'Ingress', spec });
    expect(stored).toMatchObject({
      apiVersion: 'networking.k8s.io/v1',
      spec: {
        defaultBackend: { service: { name: 'fallback', port: { name: 'http' } } },
        rules: [
          {
            host: 'a.io',
            http: {
              paths: [
                { path: '/testpath', pathType: 'ImplementationSpecific', backend: { service: { name: 'test', port: { number: 80 } } } },
              ],
            },
          },
        ],
      },
    });
    expect(errorsOf({ apiVersion, kind: 'Ingress', spec })).toEqual([]);
    const [rule] = spec.rules;
    const [path] = rule?.http.paths ?? [];
    expect(inVersion(stored, apiVersion)).toMatchObject({
      apiVersion,
      spec: { backend: spec.backend, rules: [{ host: 'a.io', http: { paths: [{ ...path, pathType: 'ImplementationSpecific' }] } }] },
    });
  });

  it('warns of the annotation', () => {
    const { definition } = servedKindOf({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' });
    const object = created(ingress({ defaultBackend: backend }, { annotations: { 'kubernetes.io/ingress.class': 'a' } }));
    expect(definition.warnings?.(object, undefined)).toEqual([
      'annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead',
    ]);
    expect(definition.warnings?.(object, object)).toEqual([]);
  });
});

describe('an IngressClass', () => {
  const ingressClass = (spec: object): Manifest => ({ apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', spec });
  const parameters = { apiGroup: 'k8s.example.com', kind: 'IngressParameters', name: 'external-lb' };

  it('has parameters of the whole cluster unless it says otherwise', () => {
    const object = created<IngressClass>(ingressClass({ controller: 'example.com/ingress', parameters }));
    expect(object.spec.parameters?.scope).toBe('Cluster');
    expect(rowOf(object)).toMatchObject({ Controller: 'example.com/ingress', Parameters: 'IngressParameters.k8s.example.com/external-lb' });
  });

  it.each<[string, object, string]>([
    ['no path', { controller: 'nginx' }, 'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")'],
    ['no controller', {}, 'spec.controller: Required value'],
    [
      'no namespace',
      { controller: 'a.io/b', parameters: { ...parameters, scope: 'Namespace' } },
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ],
  ])('is refused with %s', (_, spec, error) => {
    expect(errorsOf(ingressClass(spec))).toEqual([error]);
  });

  it('keeps its controller', () => {
    expect(updateErrorsOf<IngressClass>(ingressClass({ controller: 'a.io/b' }), ({ spec }) => void (spec.controller = 'a.io/c'))).toEqual([
      'spec.controller: Invalid value: "a.io/c": field is immutable',
    ]);
  });
});

describe('a NetworkPolicy', () => {
  const policy = (spec: object, apiVersion = 'networking.k8s.io/v1'): Manifest => ({
    apiVersion,
    kind: 'NetworkPolicy',
    spec: { podSelector: {}, ...spec },
  });

  it('gets protocols and types', () => {
    expect(created<NetworkPolicy>(policy({ egress: [{ ports: [{ port: 53 }] }] })).spec).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }],
    });
    expect(created<NetworkPolicy>(policy({}, 'extensions/v1beta1'))).toMatchObject({
      apiVersion: 'networking.k8s.io/v1',
      spec: { policyTypes: ['Ingress'] },
    });
  });

  it.each<[string, object, string]>([
    ['an empty peer', { ingress: [{ from: [{}] }] }, 'spec.ingress[0].from[0]: Required value: must specify a peer'],
    [
      'two kinds of peer',
      { ingress: [{ from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }] },
      'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
    ],
    [
      'a hole outside',
      { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/16', except: ['10.1.0.0/24'] } }] }] },
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.1.0.0/24": must be a strict subset of `cidr`',
    ],
    [
      'an end before the start',
      { egress: [{ ports: [{ port: 80, endPort: 79 }] }] },
      'spec.egress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`',
    ],
    [
      'an end without a start',
      { egress: [{ ports: [{ endPort: 79 }] }] },
      'spec.egress[0].ports[0].endPort: Invalid value: 79: may not be specified when `port` is not specified',
    ],
    [
      'an unknown protocol',
      { egress: [{ ports: [{ protocol: 'ICMP' }] }] },
      'spec.egress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
    ],
  ])('is refused with %s', (_, spec, error) => {
    expect(errorsOf(policy(spec))).toEqual([error]);
  });

  it('takes a hole inside', () => {
    expect(errorsOf(policy({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/16', except: ['10.0.1.0/24'] } }] }] }))).toEqual([]);
  });
});

describe('addresses of services', () => {
  it('are named in their shortest form', () => {
    const { definition } = servedKindOf({ apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress' });
    expect(definition.nameRule?.('10.96.0.1', false)).toEqual([]);
    expect(definition.nameRule?.('2001:db8::1', false)).toEqual([]);
    expect(definition.nameRule?.('2001:DB8:0::1', false)).not.toEqual([]);
    expect(definition.nameRule?.('a', false)).not.toEqual([]);
  });

  it('say whose they are', () => {
    const manifest: Manifest = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: { name: '10.96.0.1' },
      spec: { parentRef: { resource: 'services', namespace: 'default', name: 'kubernetes' } },
    };
    expect(rowOf(created<IPAddress>(manifest))).toEqual({ Name: '10.96.0.1', ParentRef: 'services/default/kubernetes' });
    expect(errorsOf({ ...manifest, spec: {} })).toEqual(['spec.parentRef: Required value']);
  });

  it('come from ranges that only grow a second family', () => {
    const manifest: Manifest = { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', spec: { cidrs: ['10.96.0.0/12'] } };
    expect(updateErrorsOf<ServiceCIDR>(manifest, ({ spec }) => void spec.cidrs?.push('fd00::/112'))).toEqual([]);
    expect(updateErrorsOf<ServiceCIDR>(manifest, ({ spec }) => void (spec.cidrs = ['10.0.0.0/8']))).toHaveLength(1);
  });
});
