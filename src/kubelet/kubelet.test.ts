import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resources } from '#client';
import { isReady, SimulatedNode } from './simulated-node.ts';

const container = (name: string, more: object = {}): { name: string; image: string; resources: object } => ({
  name,
  image: 'app:1',
  resources: {},
  ...more,
});

test('a pod gets a sandbox, its container runs, and its status says Running and Ready', async () => {
  await using node = await new SimulatedNode().start();
  await node.createPod('web');
  const { status } = await node.podWhen('web', isReady);
  expect(status.phase).toBe('Running');
  expect(status.podIP).toBe('10.244.0.2');
  expect(status.hostIP).toBe('192.0.2.1');
  expect(status.qosClass).toBe('BestEffort');
  expect(status.conditions?.map(({ type, status: value }) => [type, value])).toEqual([
    ['PodReadyToStartContainers', 'True'],
    ['Initialized', 'True'],
    ['Ready', 'True'],
    ['ContainersReady', 'True'],
    ['PodScheduled', 'True'],
  ]);
  const [only] = status.containerStatuses ?? [];
  expect(only).toMatchObject({ name: 'c', ready: true, started: true, restartCount: 0, lastState: {} });
  expect(only?.containerID).toMatch(/^containerd:\/\/[0-9a-f]{64}$/);
  await node.eventWhen('Started');
  expect(await node.events('Pulled')).toEqual([
    expect.stringMatching(/^Successfully pulled image "app:1" in \d+ms \(\d+ms including waiting\)\. Image size: 1000000 bytes\.$/),
  ]);
  expect(await node.events('Created')).toEqual(['Container created']);
  expect(await node.events('Started')).toEqual(['Container started']);
});

test('init containers run one after the other before the main ones, and a sidecar stays', async () => {
  const behaviour = ({ metadata }: { metadata: { name: string } }): object => (metadata.name.startsWith('init') ? { exitAfterMs: 1 } : {});
  await using node = await new SimulatedNode({ behaviour }).start();
  await node.createPod('web', {
    initContainers: [container('init-a'), container('side', { restartPolicy: 'Always' }), container('init-b')],
    containers: [container('main')],
  });
  const { status } = await node.podWhen('web', isReady);
  expect(node.runtime.calls.filter((call) => call.startsWith('StartContainer'))).toEqual([
    'StartContainer init-a',
    'StartContainer side',
    'StartContainer init-b',
    'StartContainer main',
  ]);
  expect(status.initContainerStatuses?.map(({ name, ready, started }) => [name, ready, started])).toEqual([
    ['init-a', true, false],
    ['side', true, true],
    ['init-b', true, false],
  ]);
});

test('an init container that fails ends a pod that must not restart', async () => {
  await using node = await new SimulatedNode({ behaviour: () => ({ exitAfterMs: 1, exitCode: 3 }) }).start();
  await node.createPod('job', { restartPolicy: 'Never', initContainers: [container('init')] });
  const { status } = await node.podWhen('job', (pod) => pod.status?.phase === 'Failed');
  expect(status.initContainerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
  expect(status.containerStatuses?.[0]?.state.waiting?.reason).toBe('PodInitializing');
});

test('a container that ends well completes a pod with restartPolicy OnFailure', async () => {
  await using node = await new SimulatedNode({ behaviour: () => ({ exitAfterMs: 1 }) }).start();
  await node.createPod('job', { restartPolicy: 'OnFailure' });
  const { status } = await node.podWhen('job', (pod) => pod.status?.phase === 'Succeeded');
  expect(status.containerStatuses?.[0]?.state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
  expect(status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' });
  expect(node.runtime.calls.filter((call) => call.startsWith('StartContainer'))).toHaveLength(1);
});

test('a container that keeps failing is restarted once at once and then backs off', async () => {
  await using node = await new SimulatedNode({ behaviour: () => ({ exitAfterMs: 1, exitCode: 1 }) }).start();
  const { metadata } = await node.createPod('crash');
  const { status } = await node.podWhen('crash', (pod) => pod.status?.containerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff');
  const [only] = status.containerStatuses ?? [];
  expect(only?.restartCount).toBe(1);
  expect(only?.state.waiting?.message).toBe(`back-off 10s restarting failed container=c pod=crash_default(${metadata.uid})`);
  expect(only?.lastState.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
  expect(status.phase).toBe('Running');
  expect(await node.eventWhen('BackOff')).toBe(`Back-off restarting failed container c in pod crash_default(${metadata.uid})`);
});

test('a container that dies at once never looks ready, or a rollout would go on with it', async () => {
  await using node = await new SimulatedNode({ behaviour: () => ({ exitAfterMs: 5, exitCode: 1 }) }).start();
  await node.createPod('crash');
  const ready: boolean[] = [];
  await node.podWhen('crash', (pod) => {
    ready.push(isReady(pod));
    return pod.status?.containerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff';
  });
  expect(ready).not.toContain(true);
});

test('new limits are given to a running container, and its status tells them once they hold', async () => {
  await using node = await new SimulatedNode().start();
  await node.createPod('web', { containers: [container('c', { resources: { limits: { cpu: '500m', memory: '64Mi' } } })] });
  await node.podWhen('web', isReady);
  const limits = { cpu: '700m', memory: '80Mi' };
  const containers = [container('c', { resources: { limits } })];
  await node.client.resource(resources.pods).patch({ namespace: 'default', name: 'web' }, 'merge', { spec: { containers } });
  await node.podWhen('web', ({ status }) => status.containerStatuses?.[0]?.resources?.limits?.cpu === '700m');
  expect(node.runtime.calls).toContain('UpdateContainerResources c 70000 83886080');
  expect(node.runtime.calls.filter((call) => call.startsWith('StartContainer'))).toHaveLength(1);
});

test('a container whose resize policy asks for it is started anew with its new limits', async () => {
  await using node = await new SimulatedNode().start();
  const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
  await node.createPod('web', { containers: [container('c', { resizePolicy, resources: { limits: { memory: '64Mi' } } })] });
  await node.podWhen('web', isReady);
  const containers = [container('c', { resizePolicy, resources: { limits: { memory: '80Mi' } } })];
  await node.client.resource(resources.pods).patch({ namespace: 'default', name: 'web' }, 'merge', { spec: { containers } });
  const { status } = await node.podWhen('web', (pod) => isReady(pod) && pod.status.containerStatuses?.[0]?.restartCount === 1);
  expect(status.containerStatuses?.[0]?.resources?.limits?.memory).toBe('80Mi');
  expect(await node.eventWhen('Killing')).toBe('Container c resize requires restart');
});

test('a deleted pod is stopped with its grace period, shown as ended, and then let go', async () => {
  await using node = await new SimulatedNode().start();
  await node.createPod('web', { terminationGracePeriodSeconds: 7 });
  await node.podWhen('web', isReady);
  await node.client.resource(resources.pods).delete({ namespace: 'default', name: 'web' });
  const { status } = await node.podWhen('web', (pod) => pod.status?.phase === 'Failed');
  expect(status.containerStatuses?.[0]?.state.terminated?.exitCode).toBe(143);
  await node.podGone('web');
  expect(node.runtime.calls).toContain('StopContainer c 7');
  expect(await node.eventWhen('Killing')).toBe('Stopping container c');
  await expect.poll(() => node.runtime.runtime.listPodSandbox()).toEqual([]);
  await expect.poll(() => readdir(`${node.directory}/pods`)).toEqual([]);
});

test('a second, more impatient delete shortens the grace period', async () => {
  await using node = await new SimulatedNode({ behaviour: () => ({ stubborn: true }) }).start();
  await node.createPod('slow', { terminationGracePeriodSeconds: 600 });
  await node.podWhen('slow', isReady);
  const pods = node.client.resource(resources.pods);
  await pods.delete({ namespace: 'default', name: 'slow' });
  await expect.poll(() => node.runtime.calls).toContain('StopContainer c 600');
  await pods.delete({ namespace: 'default', name: 'slow' }, { gracePeriodSeconds: 0 });
  await expect.poll(() => node.runtime.runtime.listPodSandbox(), { timeout: 5000 }).toEqual([]);
});

test('a restarted kubelet finds the running containers and starts nothing twice', async () => {
  await using node = await new SimulatedNode().start();
  await node.createPod('web');
  const before = await node.podWhen('web', isReady);
  await node.restart();
  await node.createPod('later');
  await node.podWhen('later', isReady);
  const after = await node.podWhen('web', isReady);
  expect(after.status.containerStatuses?.[0]?.containerID).toBe(before.status.containerStatuses?.[0]?.containerID);
  expect(node.runtime.calls.filter((call) => call.startsWith('StartContainer'))).toHaveLength(2);
});

test('a kubelet that starts removes what pods that no longer exist have left', async () => {
  await using node = await new SimulatedNode().start();
  await node.createPod('web');
  await node.podWhen('web', isReady);
  await node.kubelet.stop();
  await node.client.resource(resources.pods).delete({ namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 });
  await node.start();
  await expect.poll(() => node.runtime.runtime.listPodSandbox()).toEqual([]);
  await expect.poll(() => readdir(`${node.directory}/logs/pods`)).toEqual([]);
});

test('an image that cannot be pulled shows ErrImagePull with the reason', async () => {
  await using node = await new SimulatedNode({ hasImage: () => false }).start();
  await node.createPod('web');
  const { status } = await node.podWhen('web', (pod) => pod.status?.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImagePull');
  expect(status.containerStatuses?.[0]?.state.waiting?.message).toContain('code = NotFound');
  expect(await node.eventWhen('Failed')).toMatch(/^Failed to pull image "app:1": rpc error: code = NotFound desc = /);
});

test('pull policy Never without the image shows ErrImageNeverPull', async () => {
  await using node = await new SimulatedNode().start();
  await node.createPod('web', { containers: [container('c', { imagePullPolicy: 'Never' })] });
  const { status } = await node.podWhen('web', (pod) => pod.status?.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImageNeverPull');
  expect(status.containerStatuses?.[0]?.state.waiting?.message).toBe('Container image "app:1" is not present with pull policy of Never');
});

test('a container waits for its config map and starts as soon as it is there', async () => {
  await using node = await new SimulatedNode().start();
  await node.createPod('web', {
    containers: [container('c', { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } }] })],
  });
  const waiting = await node.podWhen(
    'web',
    (pod) => pod.status?.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerConfigError',
  );
  expect(waiting.status.containerStatuses?.[0]?.state.waiting?.message).toBe('configmap "settings" not found');
  await node.client
    .resource(resources.configMaps)
    .create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'default' }, data: { a: '1' } });
  await node.podWhen('web', isReady);
});

test('a missing config map volume is an event, and a change of a present one reaches the files', async () => {
  await using node = await new SimulatedNode().start();
  const maps = node.client.resource(resources.configMaps);
  const { metadata } = await node.createPod('web', {
    volumes: [{ name: 'v', configMap: { name: 'settings' } }],
    containers: [container('c', { volumeMounts: [{ name: 'v', mountPath: '/etc/v' }] })],
  });
  expect(await node.eventWhen('FailedMount')).toBe('MountVolume.SetUp failed for volume "v" : configmap "settings" not found');
  const map = await maps.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data: { a: '1' },
  });
  await node.podWhen('web', isReady);
  const file = `${node.directory}/pods/${metadata.uid}/volumes/kubernetes.io~configmap/v/a`;
  expect(await readFile(file, 'utf8')).toBe('1');
  await maps.update({ ...map, data: { a: '2' } });
  await expect.poll(() => readFile(file, 'utf8')).toBe('2');
});

test('a pod with a deadline is ended when it has passed', async () => {
  await using node = await new SimulatedNode().start();
  await node.createPod('late', { activeDeadlineSeconds: 0.05 });
  const { status } = await node.podWhen('late', (pod) => pod.status?.phase === 'Failed');
  expect(status).toMatchObject({ reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' });
});

test('the node is registered with its labels, capacity and a lease', async () => {
  await using node = await new SimulatedNode({}, { labels: { zone: 'a' } }).start();
  const [registered] = node.client.objects(resources.nodes);
  expect(registered?.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'node-1', 'kubernetes.io/os': 'linux', zone: 'a' });
  expect(registered?.status.nodeInfo).toMatchObject({
    kubeletVersion: 'v1.36.0',
    containerRuntimeVersion: 'simulated://1.0.0',
    operatingSystem: 'linux',
  });
  expect(registered?.status.conditions?.map(({ type, status }) => [type, status])).toEqual([
    ['MemoryPressure', 'False'],
    ['DiskPressure', 'False'],
    ['PIDPressure', 'False'],
    ['Ready', 'True'],
  ]);
  await expect
    .poll(() => node.client.objects(resources.leases)[0]?.spec)
    .toMatchObject({ holderIdentity: 'node-1', leaseDurationSeconds: 40 });
});

test('an exec probe decides about readiness, and a failing liveness probe restarts the container', async () => {
  const exec = (_: unknown, [command]: readonly string[]): { exitCode: number; stdout: string } => ({
    exitCode: command === 'ok' ? 0 : 1,
    stdout: 'sick',
  });
  await using node = await new SimulatedNode({ exec }).start();
  const probe = (command: string): object => ({ exec: { command: [command] }, periodSeconds: 1, failureThreshold: 1 });
  await node.createPod('good', { containers: [container('c', { readinessProbe: probe('ok'), startupProbe: probe('ok') })] });
  await node.podWhen('good', isReady);
  await node.createPod('bad', { containers: [container('c', { livenessProbe: probe('no') })] });
  await node.podWhen('bad', (pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
  expect(await node.eventWhen('Unhealthy')).toBe('Liveness probe failed: sick');
  expect(await node.eventWhen('Killing')).toBe('Container c failed liveness probe, will be restarted');
});

test('static pods run from files, are shown by mirrors, and end with their files', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'manifests-'));
  const file = join(directory, 'web.yaml');
  const manifest = (image: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {hostNetwork: true, containers: [{name: c, image: '${image}'}]}\n`;
  await writeFile(file, manifest('app:1'));
  await using node = await new SimulatedNode({}, { staticPodDirectory: directory }).start();
  const mirror = await node.podWhen('web-node-1', isReady);
  expect(mirror.metadata.annotations?.['kubernetes.io/config.mirror']).toBe(mirror.metadata.annotations?.['kubernetes.io/config.hash']);
  expect(mirror.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Node', name: 'node-1', controller: true });
  await node.client.resource(resources.pods).delete({ namespace: 'default', name: 'web-node-1' }, { gracePeriodSeconds: 0 });
  const again = await node.podWhen('web-node-1', isReady);
  expect(again.status.containerStatuses?.[0]?.containerID).toBe(mirror.status.containerStatuses?.[0]?.containerID);
  await writeFile(file, manifest('app:2'));
  await node.podWhen('web-node-1', (pod) => isReady(pod) && pod.spec.containers[0]?.image === 'app:2');
  await rm(file);
  await expect.poll(() => node.client.objects(resources.pods)).toEqual([]);
  await expect.poll(() => node.runtime.runtime.listPodSandbox()).toEqual([]);
  await rm(directory, { recursive: true });
});
