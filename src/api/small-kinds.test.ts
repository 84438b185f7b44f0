import { describe, expect, it } from 'vitest';
import { created, errorsOf, rowOf, updateErrorsOf, type Manifest } from './kinds.fixture.ts';
import type { APIService } from './generated/apiregistration-v1.ts';
import type { CSIDriver, StorageClass } from './generated/storage-v1.ts';
import type { EndpointSlice } from './generated/discovery-v1.ts';
import type { FlowSchema } from './generated/flowcontrol-v1.ts';
import type { Lease } from './generated/coordination-v1.ts';
import type { PodDisruptionBudget } from './generated/policy-v1.ts';
import type { PriorityClass } from './generated/scheduling-v1.ts';
import type { ResourceClaim } from './generated/resource-v1.ts';
import type { RuntimeClass } from './generated/node-v1.ts';

const manifest = (apiVersion: string, kind: string, fields: object, metadata?: object): Manifest => ({
  apiVersion,
  kind,
  metadata,
  ...fields,
});

describe('coordination', () => {
  const lease = (spec: object) => manifest('coordination.k8s.io/v1', 'Lease', { spec });
  it('prints and checks a Lease', () => {
    expect(rowOf(created<Lease>(lease({ holderIdentity: 'node-1' })))).toEqual({ Name: 'a', Holder: 'node-1', Age: '4m5s' });
    expect(errorsOf(lease({ leaseDurationSeconds: 0, leaseTransitions: -1 }))).toEqual([
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });
});

describe('discovery', () => {
  const slice = (fields: object) => manifest('discovery.k8s.io/v1', 'EndpointSlice', { addressType: 'IPv4', ...fields });
  const endpoints = (...addresses: string[]) => [{ addresses }];

  it('prints an EndpointSlice as kubectl shows it', () => {
    const object = created<EndpointSlice>(
      slice({ endpoints: endpoints('10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'), ports: [{ port: 80 }, { name: 'x', port: 443 }] }),
    );
    expect(rowOf(object)).toEqual({
      Name: 'a',
      AddressType: 'IPv4',
      Ports: '80,443',
      Endpoints: '10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...',
      Age: '4m5s',
    });
    expect(object.ports[0]).toEqual({ name: '', port: 80, protocol: 'TCP' });
    expect(rowOf(created(slice({})))).toMatchObject({ Ports: '<unset>', Endpoints: '<unset>' });
  });

  it.each<[string, object, string]>([
    ['no type', { addressType: '' }, 'addressType: Required value'],
    ['no address', { endpoints: endpoints() }, 'endpoints[0].addresses: Required value: must contain at least 1 address'],
    [
      'the host itself',
      { endpoints: endpoints('127.0.0.1') },
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      'the other family',
      { endpoints: endpoints('fd00::1') },
      'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address',
    ],
    ['a port name twice', { ports: [{ port: 1 }, { port: 2 }] }, 'ports[1].name: Duplicate value: ""'],
    [
      'an unknown protocol',
      { ports: [{ port: 1, protocol: 'ICMP' }] },
      'ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
    ],
  ])('refuses an EndpointSlice with %s', (_, fields, error) => {
    expect(errorsOf(slice(fields))).toContain(error);
  });

  it('keeps the type of the addresses', () => {
    expect(updateErrorsOf<EndpointSlice>(slice({}), (object) => void (object.addressType = 'IPv6'))).toEqual([
      'addressType: Invalid value: "IPv6": field is immutable',
    ]);
  });
});

describe('policy', () => {
  const budget = (spec: object) => manifest('policy/v1', 'PodDisruptionBudget', { spec });
  it.each<[string, object, string]>([
    ['both limits', { minAvailable: 1, maxUnavailable: 1 }, 'minAvailable and maxUnavailable cannot be both set'],
    ['more than all', { minAvailable: '101%' }, 'spec.minAvailable: Invalid value: "101%": must not be greater than 100%'],
    ['less than none', { maxUnavailable: -1 }, 'spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0'],
    ['an unknown policy', { minAvailable: 1, unhealthyPodEvictionPolicy: 'Never' }, 'supported values: "AlwaysAllow", "IfHealthyBudget"'],
  ])('refuses a budget with %s', (_, spec, error) => {
    expect(errorsOf(budget(spec)).join('\n')).toContain(error);
  });

  it('prints a budget as kubectl shows it', () => {
    expect(rowOf(created<PodDisruptionBudget>(budget({ maxUnavailable: '25%' })))).toEqual({
      Name: 'a',
      'Min Available': 'N/A',
      'Max Unavailable': '25%',
      'Allowed Disruptions': 0,
      Age: '4m5s',
    });
  });
});

describe('storage', () => {
  const storageClass = (fields: object, annotations?: object) =>
    manifest('storage.k8s.io/v1', 'StorageClass', { provisioner: 'skiff.io/local', ...fields }, { annotations });

  it('prints the default class as kubectl shows it', () => {
    const object = created<StorageClass>(storageClass({}, { 'storageclass.kubernetes.io/is-default-class': 'true' }));
    expect(rowOf(object)).toEqual({
      Name: 'a (default)',
      Provisioner: 'skiff.io/local',
      ReclaimPolicy: 'Delete',
      VolumeBindingMode: 'Immediate',
      AllowVolumeExpansion: false,
      Age: '4m5s',
    });
  });

  it('keeps a class as volumes have been made with it', () => {
    expect(
      updateErrorsOf<StorageClass>(storageClass({}), (object) =>
        Object.assign(object, { provisioner: 'b', reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' }),
      ),
    ).toEqual([
      'provisioner: Forbidden: updates to provisioner are forbidden.',
      'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ]);
  });

  it('refuses a class without provisioner', () => {
    expect(errorsOf(storageClass({ provisioner: '' }))).toEqual(['provisioner: Required value']);
  });

  it('fills in a CSIDriver', () => {
    const object = created<CSIDriver>(manifest('storage.k8s.io/v1', 'CSIDriver', { spec: {} }, { name: 'csi.example.com' }));
    expect(object.spec).toMatchObject({
      attachRequired: true,
      podInfoOnMount: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
    });
    expect(rowOf(object)).toMatchObject({ AttachRequired: true, TokenRequests: '<unset>', Modes: 'Persistent' });
  });

  it('wants one source for an attachment', () => {
    const attachment = manifest('storage.k8s.io/v1', 'VolumeAttachment', {
      spec: { attacher: 'csi.example.com', nodeName: 'n', source: {} },
    });
    expect(errorsOf(attachment)).toEqual([
      'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
    ]);
  });
});

describe('scheduling', () => {
  const priorityClass = (fields: object, name = 'high') => manifest('scheduling.k8s.io/v1', 'PriorityClass', fields, { name });
  it('prints a PriorityClass as kubectl shows it', () => {
    expect(rowOf(created<PriorityClass>(priorityClass({ value: 100 })))).toEqual({
      Name: 'high',
      Value: 100,
      'Global-Default': false,
      Age: '4m5s',
      PreemptionPolicy: 'PreemptLowerPriority',
    });
  });

  it("keeps the system's names and numbers for the system", () => {
    expect(errorsOf(priorityClass({ value: 1 }, 'system-x'))[0]).toMatch(
      /^metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only/,
    );
    expect(errorsOf(priorityClass({ value: 2000000000 }, 'system-cluster-critical'))).toEqual([]);
    expect(errorsOf(priorityClass({ value: 1000000001 }))).toEqual([
      'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
    ]);
    expect(updateErrorsOf<PriorityClass>(priorityClass({ value: 1 }), (object) => void (object.value = 2))).toEqual([
      'value: Forbidden: may not be changed in an update.',
    ]);
  });
});

describe('node', () => {
  const runtimeClass = (handler: string) => manifest('node.k8s.io/v1', 'RuntimeClass', { handler });
  it('checks a RuntimeClass', () => {
    expect(errorsOf(runtimeClass('runc'))).toEqual([]);
    expect(errorsOf(runtimeClass('Run C'))).toHaveLength(1);
    expect(updateErrorsOf<RuntimeClass>(runtimeClass('runc'), (object) => void (object.handler = 'kata'))).toEqual([
      'handler: Invalid value: "kata": field is immutable',
    ]);
  });
});

describe('flowcontrol', () => {
  const group = 'flowcontrol.apiserver.k8s.io/v1';
  const rule = {
    subjects: [{ kind: 'User', user: { name: 'jane' } }],
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }],
  };
  const flowSchema = (spec: object) =>
    manifest(group, 'FlowSchema', { spec: { priorityLevelConfiguration: { name: 'workload-low' }, rules: [rule], ...spec } });

  it('prints and fills in a FlowSchema', () => {
    const object = created<FlowSchema>(flowSchema({ distinguisherMethod: { type: 'ByUser' } }));
    expect(rowOf(object)).toEqual({
      Name: 'a',
      PriorityLevel: 'workload-low',
      MatchingPrecedence: 1000,
      DistinguisherMethod: 'ByUser',
      Age: '4m5s',
      MissingPL: '?',
    });
    expect(errorsOf(flowSchema({}))).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['the place of the exempt one', { matchingPrecedence: 1 }, "only the schema named 'exempt' may have matchingPrecedence 1"],
    [
      'no level',
      { priorityLevelConfiguration: {} },
      'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
    ],
    [
      'another subject',
      { rules: [{ ...rule, subjects: [{ kind: 'Group', user: { name: 'a' } }] }] },
      "spec.rules[0].subjects[0].group: Required value: group is required when subject kind is 'Group'",
    ],
    [
      'no rules in a rule',
      { rules: [{ subjects: rule.subjects }] },
      'at least one of resourceRules and nonResourceRules has to be non-empty',
    ],
  ])('refuses a FlowSchema with %s', (_, spec, error) => {
    expect(errorsOf(flowSchema(spec)).join('\n')).toContain(error);
  });

  it('prints and fills in a PriorityLevelConfiguration', () => {
    const object = created(
      manifest(group, 'PriorityLevelConfiguration', {
        spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } },
      }),
    );
    expect(rowOf(object)).toEqual({
      Name: 'a',
      Type: 'Limited',
      NominalConcurrencyShares: 30,
      Queues: 64,
      HandSize: 8,
      QueueLengthLimit: 50,
      Age: '4m5s',
    });
  });
});

describe('apiregistration', () => {
  const service = (spec: object, name = 'v1beta1.metrics.k8s.io') =>
    manifest(
      'apiregistration.k8s.io/v1',
      'APIService',
      { spec: { group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100, ...spec } },
      { name },
    );
  const remote = { service: { name: 'metrics-server', namespace: 'kube-system' } };

  it('prints an APIService as kubectl shows it', () => {
    const object = created<APIService>(service(remote));
    object.status = { conditions: [{ type: 'Available', status: 'False', reason: 'MissingEndpoints' }] };
    expect(rowOf(object)).toEqual({
      Name: 'v1beta1.metrics.k8s.io',
      Service: 'kube-system/metrics-server',
      Available: 'False (MissingEndpoints)',
      Age: '4m5s',
    });
    expect(object.spec.service?.port).toBe(443);
    expect(rowOf(created(service({})))).toMatchObject({ Service: 'Local', Available: 'Unknown' });
  });

  it('is named after what it serves', () => {
    expect(errorsOf(service(remote, 'metrics'))).toEqual([
      'metadata.name: Invalid value: "metrics": must be `spec.version+"."+spec.group`: "v1beta1.metrics.k8s.io"',
    ]);
    expect(errorsOf(service({ ...remote, caBundle: 'YQ==', insecureSkipTLSVerify: true }))).toEqual([
      'spec.insecureSkipTLSVerify: Forbidden: may not be true if caBundle is present',
    ]);
  });
});

describe('resource', () => {
  const claim = (requests: object[]) => manifest('resource.k8s.io/v1', 'ResourceClaim', { spec: { devices: { requests } } });
  const request = { name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } };

  it('fills in and prints a claim', () => {
    const object = created<ResourceClaim>(claim([request]));
    expect(object.spec.devices.requests?.[0]?.exactly).toMatchObject({ allocationMode: 'ExactCount', count: 1 });
    expect(rowOf(object)).toEqual({ Name: 'a', State: 'pending', Age: '4m5s' });
    expect(errorsOf(claim([request]))).toEqual([]);
  });

  it('refuses a claim for nothing, or for the same twice', () => {
    expect(errorsOf(claim([{ name: 'gpu' }]))).toEqual([
      'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    ]);
    expect(errorsOf(claim([request, request]))).toEqual(['spec.devices.requests[1].name: Duplicate value: "gpu"']);
  });

  it('keeps what is asked for', () => {
    expect(updateErrorsOf<ResourceClaim>(claim([request]), ({ spec }) => void (spec.devices.requests = []))).toHaveLength(1);
  });
});
