import { expect, test } from 'vitest';
import { eachKubectl } from '../each-kubectl.ts';

/** The heading of a table, as its columns. */
const columns = (table: string): string[] => (table.split('\n')[0] ?? '').trimEnd().split(/\s{2,}/);

eachKubectl('read', (kubectl) => {
  test('get prints the columns that upstream prints for each kind', async () => {
    const k = kubectl();
    await k.do('create deployment table --image=nginx');
    await k.do('expose deployment table --port=80');
    await k.do('create configmap table --from-literal=a=1 --from-literal=b=2');
    await k.do('create ingress table --rule=t.example.com/=table:80');
    await k.do('run table --image=nginx');
    const wide = (await k.do('get deployments -o wide')).split('\n');
    expect(columns(wide[0] ?? '')).toEqual(['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE', 'CONTAINERS', 'IMAGES', 'SELECTOR']);
    expect(wide.find((row) => row.startsWith('table'))).toMatch(/^table\s+0\/1\s+\d\s+0\s+\d+s\s+nginx\s+nginx\s+app=table$/);
    expect(columns(await k.do('get pods -o wide'))).toEqual([
      'NAME',
      'READY',
      'STATUS',
      'RESTARTS',
      'AGE',
      'IP',
      'NODE',
      'NOMINATED NODE',
      'READINESS GATES',
    ]);
    expect(await k.do('get pod table --no-headers')).toMatch(/^table\s+0\/1\s+Pending\s+0\s+\d+s$/);
    expect(columns(await k.do('get services'))).toEqual(['NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', 'AGE']);
    expect(columns(await k.do('get services -o wide'))).toContain('SELECTOR');
    expect((await k.do('get configmap table --no-headers')).split(/\s+/).slice(0, 2)).toEqual(['table', '2']);
    expect(columns(await k.do('get ingress'))).toEqual(['NAME', 'CLASS', 'HOSTS', 'ADDRESS', 'PORTS', 'AGE']);
    expect(columns(await k.do('get replicasets'))).toEqual(['NAME', 'DESIRED', 'CURRENT', 'READY', 'AGE']);
    expect(columns(await k.do('get namespaces'))).toEqual(['NAME', 'STATUS', 'AGE']);
    expect(columns(await k.do('get serviceaccounts'))).toEqual(['NAME', 'SECRETS', 'AGE']);
  });

  test("get prints json, yaml, names, jsonpath, templates and columns of one's own", async () => {
    const k = kubectl();
    await k.do('create configmap shown --from-literal=color=blue');
    expect(JSON.parse(await k.do('get configmap shown -o json'))).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shown' },
      data: { color: 'blue' },
    });
    expect(await k.do('get configmap shown -o yaml')).toMatch(/^apiVersion: v1\ndata:\n {2}color: blue\nkind: ConfigMap\nmetadata:\n/);
    expect(await k.do('get configmap shown -o name')).toBe('configmap/shown');
    expect(await k.do(['get', 'configmap', 'shown', '-o', 'go-template={{.data.color}}!'])).toBe('blue!');
    expect(await k.do('get configmap shown -o custom-columns=WHAT:.metadata.name,COLOR:.data.color')).toMatch(
      /^WHAT\s+COLOR\nshown\s+blue$/,
    );
    expect(await k.do('get configmap shown --show-labels --no-headers')).toMatch(/<none>$/);
  });

  test('get selects by labels and by fields', async () => {
    const k = kubectl();
    for (const [name, color] of [
      ['s-red', 'red'],
      ['s-blue', 'blue'],
      ['s-green', 'green'],
    ]) {
      await k.do(`create secret generic ${name}`);
      await k.do(`label secret ${name} color=${color}`);
    }
    const names = async (...selector: string[]): Promise<string[]> =>
      (await k.do(['get', 'secrets', '-o', 'name', ...selector])).split('\n').filter(Boolean).sort();
    expect(await names('-l', 'color=red')).toEqual(['secret/s-red']);
    expect(await names('-l', 'color in (red,blue)')).toEqual(['secret/s-blue', 'secret/s-red']);
    expect(await names('-l', 'color,color!=red')).toEqual(['secret/s-blue', 'secret/s-green']);
    expect(await names('-l', 'color', '--field-selector', 'metadata.name=s-green')).toEqual(['secret/s-green']);
    expect(await names('--field-selector', 'type=kubernetes.io/tls')).toEqual([]);
    expect(await k.refused('get secrets --field-selector data.x=y')).toContain('field label not supported: data.x');
    await k.do('run unscheduled --image=nginx');
    expect(await k.do('get pods --field-selector status.phase=Pending,spec.nodeName= -o name')).toContain('pod/unscheduled');
  });

  test('get reads several kinds at once, a list in pieces, and all namespaces', async () => {
    const k = kubectl();
    await k.do('create configmap many --from-literal=a=1');
    await k.do('create serviceaccount many');
    expect((await k.do('get configmap/many serviceaccount/many -o name')).split('\n')).toEqual(['configmap/many', 'serviceaccount/many']);
    const whole = await k.do('get clusterroles -o name');
    expect(await k.do('get clusterroles -o name --chunk-size=7')).toBe(whole);
    expect(columns(await k.do('get services -A'))[0]).toBe('NAMESPACE');
    expect(await k.do('get services -A --no-headers')).toMatch(/^default\s+kubernetes\s+ClusterIP\s+10\.96\.0\.1\s+<none>\s+443\/TCP/m);
  });

  test('get --watch prints what changes', async () => {
    const k = kubectl();
    await k.do('create configmap watched');
    await using watch = await k.start('get configmap watched --watch -o jsonpath={.data.step}|');
    await watch.until('|');
    await k.do(['patch', 'configmap', 'watched', '-p', '{"data":{"step":"two"}}']);
    await watch.until('two|');
    await k.do('delete configmap watched');
    expect(await watch.until('two|two|')).toBe('two|two|');
  });

  test('wait ends when a condition holds, when an object is gone, and in vain after its time', async () => {
    const k = kubectl();
    await k.do('create deployment waited --image=nginx');
    expect(await k.do('wait --for=condition=Progressing deployment/waited --timeout=20s')).toBe('deployment.apps/waited condition met');
    expect(await k.refused('wait --for=condition=Available deployment/waited --timeout=1s')).toBe(
      'error: timed out waiting for the condition on deployments/waited',
    );
    const gone = k.try('wait --for=delete deployment/waited --timeout=30s');
    await k.do('delete deployment waited');
    // What is printed depends on whether the command came in time to see the object; that it ends does not.
    const { stdout, stderr } = await gone;
    expect(stdout + stderr).not.toContain('timed out');
    expect(await k.refused('get deployment waited')).toBe('Error from server (NotFound): deployments.apps "waited" not found');
  });

  test('wait looks at any field', async ({ skip }) => {
    const k = kubectl();
    if (!k.since(24)) skip();
    await k.do('create deployment looked --image=nginx');
    expect(await k.do('wait --for=jsonpath={.spec.replicas}=1 deployment/looked --timeout=20s')).toBe(
      'deployment.apps/looked condition met',
    );
  });

  test('describe tells about deployments, services, secrets and config maps', async () => {
    const k = kubectl();
    await k.do('create deployment told --image=nginx --replicas=2');
    await k.do('expose deployment told --port=80');
    await k.do('create secret generic told --from-literal=pw=12345');
    await k.do('wait --for=condition=Progressing deployment/told --timeout=20s');
    const deployment = await k.do('describe deployment told');
    expect(deployment).toMatch(/^Replicas:\s+2 desired \| \d updated \| \d total \| 0 available/m);
    expect(deployment).toMatch(/^StrategyType:\s+RollingUpdate$/m);
    expect(deployment).toMatch(/ScalingReplicaSet/);
    expect(await k.do('describe service told')).toMatch(/^Selector:\s+app=told$/m);
    expect(await k.do('describe secret told')).toMatch(/^pw:\s+5 bytes$/m);
    expect(await k.do('describe namespace default')).toMatch(/^Status:\s+Active$/m);
  });

  test('config view hides keys, cluster-info and version tell of the server', async () => {
    const k = kubectl();
    const view = await k.do('config view');
    expect(view).toMatch(/client-key-data: (REDACTED|DATA\+OMITTED)/);
    expect(await k.do('cluster-info')).toContain('Kubernetes control plane');
    const version = JSON.parse(await k.do('version -o json')) as { serverVersion: { gitVersion: string } };
    expect(version.serverVersion).toMatchObject({ major: '1', minor: '36' });
    expect(await k.do('get --raw /readyz')).toBe('ok');
    expect(await k.do('get --raw /healthz')).toBe('ok');
  });
});
