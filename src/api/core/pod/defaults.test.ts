import { describe, expect, test } from 'vitest';
import { created, read, type Part } from '../core.fixture.ts';

const withContainer = (container: Part, spec: Part = {}): Part => ({
  spec: { ...spec, containers: [{ name: 'c', image: 'nginx', ...container }] },
});
const containerOf = (container: Part): unknown => read('Pod', withContainer(container)).spec.containers[0];
const volumeOf = (volume: Part): unknown =>
  read('Pod', { spec: { containers: [], volumes: [{ name: 'v', ...volume }] } }).spec.volumes?.[0];

test('a pod is filled in', () => {
  expect(read('Pod', withContainer({})).spec).toEqual({
    containers: [
      {
        name: 'c',
        image: 'nginx',
        imagePullPolicy: 'Always',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    dnsPolicy: 'ClusterFirst',
    enableServiceLinks: true,
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
});

test('a template is filled in without what belongs to pods alone', () => {
  const container = { name: 'c', image: 'nginx:1', resources: { limits: { cpu: '1' } } };
  const { spec } = read('PodTemplate', { template: { spec: { containers: [container] } } }).template;
  expect(spec.restartPolicy).toBe('Always');
  expect(spec.enableServiceLinks).toBeUndefined();
  expect(spec.containers[0]?.resources).toEqual({ limits: { cpu: '1' } });
});

describe('images are pulled', () => {
  test.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.29', 'IfNotPresent'],
    ['registry:5000/nginx', 'Always'],
    ['registry:5000/nginx:1.29', 'IfNotPresent'],
    [`nginx@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
    [`nginx:latest@sha256:${'a'.repeat(64)}`, 'Always'],
  ])('%s: %s', (image, imagePullPolicy) => {
    expect(containerOf({ image })).toMatchObject({ imagePullPolicy });
  });
});

describe('containers', () => {
  test('request what they are limited to', () => {
    const resources = { limits: { cpu: '1', memory: '64Mi' }, requests: { cpu: '500m' } };
    expect(containerOf({ resources })).toMatchObject({ resources: { requests: { cpu: '500m', memory: '64Mi' } } });
  });

  test('have TCP ports', () => {
    expect(containerOf({ ports: [{ containerPort: 80 }] })).toMatchObject({ ports: [{ containerPort: 80, protocol: 'TCP' }] });
  });

  test('have probes with numbers', () => {
    expect(containerOf({ livenessProbe: { httpGet: { port: 80 } } })).toMatchObject({
      livenessProbe: {
        httpGet: { path: '/', port: 80, scheme: 'HTTP' },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
    });
  });

  test('have references with an apiVersion', () => {
    const env = [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
    expect(containerOf({ env })).toMatchObject({ env: [{ valueFrom: { fieldRef: { apiVersion: 'v1' } } }] });
  });
});

test('ports on the host network are the ports of the host', () => {
  const pod = read('Pod', withContainer({ ports: [{ containerPort: 80 }] }, { hostNetwork: true }));
  expect(pod.spec.containers[0]?.ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
});

describe('volumes', () => {
  test.each<[Part, Part]>([
    [{}, { emptyDir: {} }],
    [{ secret: { secretName: 's' } }, { secret: { secretName: 's', defaultMode: 420 } }],
    [{ configMap: { name: 'c' } }, { configMap: { name: 'c', defaultMode: 420 } }],
    [{ hostPath: { path: '/x' } }, { hostPath: { path: '/x', type: '' } }],
    [
      { projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
      { projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }] } },
    ],
    [{ image: { reference: 'nginx:1' } }, { image: { reference: 'nginx:1', pullPolicy: 'IfNotPresent' } }],
  ])('%j becomes %j', (volume, filledIn) => {
    expect(volumeOf(volume)).toEqual({ name: 'v', ...filledIn });
  });
});

test('both names of the service account say the same', () => {
  const expected = { serviceAccount: 'robot', serviceAccountName: 'robot' };
  expect(read('Pod', withContainer({}, { serviceAccount: 'robot' })).spec).toMatchObject(expected);
  expect(read('Pod', withContainer({}, { serviceAccountName: 'robot' })).spec).toMatchObject(expected);
});

test('a pod that is limited as a whole requests what its containers do', () => {
  const container = { resources: { requests: { cpu: '200m' } } };
  const pod = read('Pod', withContainer(container, { resources: { limits: { cpu: '1', memory: '1Gi' } } }));
  expect(pod.spec.resources?.requests).toEqual({ cpu: '200m', memory: '1Gi' });
});

describe('a new pod', () => {
  test('is pending and has no other status than the server gives it', () => {
    const pod = created('Pod', { ...withContainer({}), status: { phase: 'Running' } });
    expect(pod.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
  });

  test('with scheduling gates says that it is gated', () => {
    const pod = created('Pod', withContainer({}, { schedulingGates: [{ name: 'example.com/wait' }] }));
    expect(pod.status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }]);
  });

  test('has the values of its labels in its affinity', () => {
    const term = { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'a' } }, matchLabelKeys: ['version'] };
    const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    const pod = created('Pod', { metadata: { labels: { version: '2' } }, ...withContainer({}, { affinity }) });
    const terms = pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    expect(terms?.[0]?.labelSelector?.matchExpressions).toEqual([{ key: 'version', operator: 'In', values: ['2'] }]);
  });
});
