import { expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { FOREVER, nodeCluster, page, readyPod, scriptPod } from '../node-cluster.ts';

const node = nodeCluster();
const LONG = { timeoutMs: 130_000 };

test('a rollout goes from one image to another and back', async () => {
  const { k } = node();
  await k.do('create deployment roller --image=nginx --replicas=2 --port=80');
  await k.do('expose deployment roller --port=80');
  expect(await k.do('rollout status deployment/roller --timeout=120s', LONG)).toMatch(/deployment "roller" successfully rolled out$/);
  const address = await k.do('get service roller -o jsonpath={.spec.clusterIP}');
  await expect.poll(async () => await page(`http://${address}`).catch(String), { timeout: 20_000 }).toContain('Welcome to nginx!');
  await k.do('set image deployment/roller nginx=httpd');
  expect(await k.do('rollout status deployment/roller --timeout=120s', LONG)).toMatch(/successfully rolled out$/);
  await expect.poll(async () => await page(`http://${address}`).catch(String), { timeout: 20_000 }).toContain('It works!');
  expect((await k.do('rollout history deployment/roller')).split('\n').filter((line) => /^\d/.test(line))).toHaveLength(2);
  await k.do('rollout undo deployment/roller');
  expect(await k.do('rollout status deployment/roller --timeout=120s', LONG)).toMatch(/successfully rolled out$/);
  await expect.poll(async () => await page(`http://${address}`).catch(String), { timeout: 20_000 }).toContain('Welcome to nginx!');
  await k.do('delete deployment,service roller');
});

test('a container that ends is started again, with longer and longer breaks', async () => {
  const { k } = node();
  await k.do('create -f -', { stdin: scriptPod('crasher', 'echo life; exit 1') });
  const state = async (): Promise<string> => await k.do('get pod crasher --no-headers');
  expect(
    await eventually('CrashLoopBackOff', async () => {
      const row = await state();
      return /CrashLoopBackOff|Error/.test(row) && /\s[1-9]\d*\s/.test(row) && row;
    }),
  ).toMatch(/^crasher\s+0\/1\s/);
  expect(await k.do('logs crasher --previous')).toBe('life');
  expect(await k.do('get pod crasher -o jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}')).toBe('1');
  await eventually('an event', async () => (await k.do('describe pod crasher')).includes('Back-off restarting failed container'));
  await k.do('delete pod crasher');
});

test('a liveness probe that fails restarts the container, a readiness probe that fails takes it out of the service', async () => {
  const { k } = node();
  const exec = (file: string): object => ({ exec: { command: ['cat', file] }, periodSeconds: 1, failureThreshold: 1 });
  const container = { livenessProbe: exec('/tmp/alive'), readinessProbe: exec('/tmp/ready'), ports: [{ containerPort: 80 }] };
  await readyPod(k, scriptPod('probed', `touch /tmp/alive /tmp/ready; ${FOREVER}`, { container }));
  await k.do('expose pod probed --port=80');
  const endpoints = async (): Promise<string> => await k.do('get endpoints probed -o jsonpath={.subsets[*].addresses[*].ip}');
  await expect.poll(endpoints, { timeout: 20_000 }).toMatch(/^10\.244\./);
  await k.do(['exec', 'probed', '--', 'rm', '/tmp/ready']);
  await k.do('wait --for=condition=Ready=false pod/probed --timeout=30s');
  await expect.poll(endpoints, { timeout: 20_000 }).toBe('');
  await k.do(['exec', 'probed', '--', 'rm', '/tmp/alive']);
  await eventually('a restart', async () => (await k.do('get pod probed -o jsonpath={.status.containerStatuses[0].restartCount}')) !== '0');
  const events = await k.do('describe pod probed');
  expect(events).toMatch(/Warning\s+Unhealthy .*Liveness probe failed/);
  expect(events).toMatch(/Normal\s+Killing /);
  await k.do('delete pod,service probed');
});

test('a pod is never Ready before its readiness probe says so', async () => {
  const { k } = node();
  await using watch = await k.start('get pods -l app=waiting --watch -o jsonpath={.status.containerStatuses[0].ready},');
  const readinessProbe = { exec: { command: ['cat', '/tmp/ready'] }, periodSeconds: 1 };
  await k.do('create -f -', { stdin: scriptPod('waiting', FOREVER, { container: { readinessProbe } }) });
  await k.do('wait --for=jsonpath={.status.phase}=Running pod/waiting --timeout=60s', LONG);
  await eventually('a failed probe', async () => (await k.do('describe pod waiting')).includes('Readiness probe failed'));
  await k.do(['exec', 'waiting', '--', 'touch', '/tmp/ready']);
  await watch.until('true');
  expect(watch.text).toMatch(/^,*(false,)+true,/);
  await k.do('delete pod waiting');
});

test('a pod is told to end, and made to when it does not', async () => {
  const { k } = node();
  await readyPod(
    k,
    scriptPod('polite', 'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.1; done', {
      spec: { terminationGracePeriodSeconds: 60 },
    }),
  );
  await using logs = await k.start('logs -f polite');
  await logs.until('up');
  await k.do('delete pod polite');
  await logs.until('bye');
  await readyPod(k, scriptPod('stubborn', 'trap "" TERM; while :; do sleep 1; done'));
  expect(await k.do('delete pod stubborn')).toMatch(/^pod "stubborn" deleted/);
  expect(await k.do('get pod stubborn --ignore-not-found')).toBe('');
});

test('config maps, secrets, the downward API, tokens and empty directories are in the container', async () => {
  const { k } = node();
  await k.do('create configmap settings --from-literal=color=blue');
  await k.do('create secret generic password --from-literal=pw=sesame');
  const container = {
    env: [
      { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'GREETING', value: 'I am $(POD)' },
    ],
    envFrom: [{ secretRef: { name: 'password' } }],
    volumeMounts: [
      { name: 'settings', mountPath: '/etc/settings' },
      { name: 'password', mountPath: '/etc/password' },
      { name: 'scratch', mountPath: '/scratch' },
      { name: 'about', mountPath: '/etc/about' },
    ],
  };
  const volumes = [
    { name: 'settings', configMap: { name: 'settings' } },
    { name: 'password', secret: { secretName: 'password', defaultMode: 0o400 } },
    { name: 'scratch', emptyDir: {} },
    { name: 'about', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
  ];
  const initContainers = [
    {
      name: 'first',
      image: 'busybox',
      imagePullPolicy: 'IfNotPresent',
      command: ['sh', '-c', 'echo before > /scratch/order'],
      volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
    },
  ];
  await readyPod(k, scriptPod('equipped', FOREVER, { container, spec: { volumes, initContainers } }));
  const look = async (script: string): Promise<string> => await k.do(['exec', 'equipped', '--', 'sh', '-c', script]);
  expect(await look('echo $COLOR $pw $GREETING')).toBe('blue sesame I am equipped');
  expect(await look('cat /etc/settings/color /etc/password/pw')).toBe('bluesesame');
  expect(await look('cat /scratch/order')).toBe('before');
  expect(await look('cat /etc/about/labels')).toBe('app="equipped"');
  expect(await look('cat /var/run/secrets/kubernetes.io/serviceaccount/namespace')).toBe('default');
  expect(await look('cut -d. -f2 /var/run/secrets/kubernetes.io/serviceaccount/token | wc -c')).not.toBe('0');
  expect(await look('echo $KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT')).toBe('10.96.0.1:443');
  await k.do(['patch', 'configmap', 'settings', '-p', '{"data":{"color":"green"}}']);
  await expect.poll(async () => await look('cat /etc/settings/color'), { timeout: 90_000, interval: 1000 }).toBe('green');
  await k.do('delete pod equipped');
});

test('a pod reaches services, and the API server with its token', async () => {
  const { k } = node();
  await k.do('run target --image=nginx --port=80');
  await k.do('expose pod target --port=80');
  await k.do('wait --for=condition=Ready pod/target --timeout=120s', LONG);
  await readyPod(k, scriptPod('caller', FOREVER));
  const address = await k.do('get service target -o jsonpath={.spec.clusterIP}');
  expect(await eventually('the page', async () => await k.do(['exec', 'caller', '--', 'wget', '-qO-', `http://${address}`]))).toContain(
    'Welcome to nginx!',
  );
  await k.do('delete pod,service target');
  await k.do('delete pod caller');
});

test('a job runs to its end', async () => {
  const { k } = node();
  await k.do(['create', 'job', 'sum', '--image=busybox', '--', 'sh', '-c', 'echo $((6*7))']);
  expect(await k.do('wait --for=condition=Complete job/sum --timeout=60s')).toBe('job.batch/sum condition met');
  expect(await k.do('logs job/sum')).toBe('42');
});

test('cordon keeps pods away, drain sends them away, uncordon lets them in again', async () => {
  const { k } = node();
  const name = await k.do('get nodes -o jsonpath={.items[0].metadata.name}');
  await k.do('create deployment mover --image=nginx');
  await k.do('rollout status deployment/mover --timeout=120s', LONG);
  expect(await k.do(`cordon ${name}`)).toBe(`node/${name} cordoned`);
  expect(await k.do(`get node ${name} --no-headers`)).toMatch(/Ready,SchedulingDisabled/);
  expect(await k.do(`drain ${name} --ignore-daemonsets --delete-emptydir-data --force --timeout=90s`, LONG)).toContain(
    `node/${name} drained`,
  );
  await expect
    .poll(async () => await k.do('get pods -l app=mover --no-headers'), { timeout: 30_000 })
    .toMatch(/^mover-\S+\s+0\/1\s+Pending/);
  await eventually('an event', async () => (await k.do('get events')).includes('FailedScheduling'));
  expect(await k.do(`uncordon ${name}`)).toBe(`node/${name} uncordoned`);
  expect(await k.do('rollout status deployment/mover --timeout=120s', LONG)).toMatch(/successfully rolled out$/);
  await k.do('delete deployment mover');
});

test('helm waits until what it installs is ready', async () => {
  const { cluster } = node();
  await cluster.helm(['create', 'web'], { cwd: cluster.home });
  const values = ['--set', 'image.repository=nginx', '--set', 'image.tag=latest', '--wait', '--timeout', '120s'];
  expect(await cluster.helm(['install', 'shop', './web', ...values], { cwd: cluster.home })).toMatch(/^STATUS: deployed$/m);
  await cluster.helm(['upgrade', 'shop', './web', ...values, '--set', 'replicaCount=2'], { cwd: cluster.home });
  expect(await cluster.kubectl(['get', 'deployment', 'shop-web', '-o', 'jsonpath={.status.readyReplicas}'])).toBe('2');
  await cluster.helm(['uninstall', 'shop', '--wait']);
  expect(await cluster.kubectl(['get', 'deployment', 'shop-web', '--ignore-not-found'])).toBe('');
});
