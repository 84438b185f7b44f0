import { expect, test } from 'vitest';
import { eachKubectl } from '../each-kubectl.ts';

eachKubectl('discovery', (kubectl) => {
  test('api-resources lists kinds with short names, groups, scopes and verbs', async () => {
    const k = kubectl();
    expect((await k.do('api-resources --api-group=apps -o name')).split('\n').sort()).toEqual([
      'controllerrevisions.apps',
      'daemonsets.apps',
      'deployments.apps',
      'replicasets.apps',
      'statefulsets.apps',
    ]);
    const all = await k.do('api-resources');
    expect(all).toMatch(/^pods\s+po\s+v1\s+true\s+Pod$/m);
    expect(all).toMatch(/^nodes\s+no\s+v1\s+false\s+Node$/m);
    expect(all).toMatch(/^ingresses\s+ing\s+networking\.k8s\.io\/v1\s+true\s+Ingress$/m);
    const unscoped = (await k.do('api-resources --namespaced=false -o name')).split('\n');
    expect(unscoped).toContain('clusterroles.rbac.authorization.k8s.io');
    expect(unscoped).not.toContain('pods');
    const verbs = await k.do('api-resources --api-group=apps --verbs=create,delete,deletecollection,get,list,patch,update,watch -o name');
    expect(verbs).toContain('deployments.apps');
  });

  test('api-versions lists the stable versions', async () => {
    const versions = (await kubectl().do('api-versions')).split('\n');
    expect(versions).toEqual(
      expect.arrayContaining([
        'v1',
        'apps/v1',
        'batch/v1',
        'autoscaling/v1',
        'autoscaling/v2',
        'networking.k8s.io/v1',
        'policy/v1',
        'storage.k8s.io/v1',
        'rbac.authorization.k8s.io/v1',
        'coordination.k8s.io/v1',
        'discovery.k8s.io/v1',
        'events.k8s.io/v1',
        'certificates.k8s.io/v1',
        'admissionregistration.k8s.io/v1',
        'apiextensions.k8s.io/v1',
        'apiregistration.k8s.io/v1',
        'scheduling.k8s.io/v1',
        'node.k8s.io/v1',
      ]),
    );
  });

  test('explain tells what a field is, its type, and the fields below it', async () => {
    const k = kubectl();
    const replicas = await k.do('explain deployment.spec.replicas');
    expect(replicas).toMatch(/^KIND:\s+Deployment$/m);
    expect(replicas).toMatch(/^VERSION:\s+(apps\/)?v1$/m);
    expect(replicas).toMatch(/^FIELD:\s+replicas <integer>$/m);
    expect(replicas.replaceAll(/\s+/g, ' ')).toContain('Number of desired pods.');
    const containers = await k.do('explain pod.spec.containers');
    expect(containers).toMatch(/^\s+image\t<string>/m);
    expect(containers).toMatch(/name\t<string> -required-$/m);
    const recursive = await k.do('explain service --recursive');
    expect(recursive).toMatch(/^\s+nodePort\t<integer>/m);
    expect(await k.refused('explain pod.spec.nonsense')).toMatch(/field "nonsense" does not exist/);
    expect(await k.refused('explain nonsense')).toContain('the server doesn\'t have a resource type "nonsense"');
  });

  test('short names, singulars, categories and full names all mean the same kinds', async () => {
    const k = kubectl();
    await k.do('create configmap named');
    for (const kind of ['cm', 'configmap', 'configmaps', 'ConfigMap', 'configmaps.v1.'])
      expect(await k.do(`get ${kind} named -o name`)).toBe('configmap/named');
    await k.do('create deployment named --image=nginx');
    for (const kind of ['deploy', 'deployments.apps', 'deployment.v1.apps'])
      expect(await k.do(`get ${kind} named -o name`)).toBe('deployment.apps/named');
    expect(await k.do('get all -o name')).toContain('deployment.apps/named');
  });

  test('auth can-i answers for oneself and for others', async () => {
    const k = kubectl();
    expect(await k.do('auth can-i create deployments')).toBe('yes');
    expect(await k.do(['auth', 'can-i', '*', '*', '--all-namespaces'])).toBe('yes');
    const other = await k.try('auth can-i list secrets --as=bob');
    expect({ code: other.code, answer: other.stdout.trim() }).toEqual({ code: 1, answer: 'no' });
    await k.do('create serviceaccount robot');
    await k.do('create role reader --verb=get,list --resource=pods');
    await k.do(`create rolebinding robot --role=reader --serviceaccount=${k.namespace}:robot`);
    const robot = `--as=system:serviceaccount:${k.namespace}:robot`;
    expect(await k.do(`auth can-i list pods ${robot}`)).toBe('yes');
    expect((await k.try(`auth can-i delete pods ${robot}`)).stdout.trim()).toBe('no');
    expect(await k.do(`auth can-i --list ${robot}`)).toMatch(/^pods\s+\[\]\s+\[\]\s+\[get list\]$/m);
  });

  test('auth whoami says who one is', async ({ skip }) => {
    const k = kubectl();
    if (!k.since(28)) skip();
    expect(await k.do('auth whoami -o jsonpath={.status.userInfo.username}/{.status.userInfo.groups[*]}')).toBe(
      'kubernetes-admin/system:masters system:authenticated',
    );
  });

  test('get --raw and proxy hand out what the server says', async () => {
    const k = kubectl();
    expect(JSON.parse(await k.do('get --raw /version'))).toMatchObject({ major: '1', minor: '36' });
    expect(JSON.parse(await k.do('get --raw /api'))).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect(JSON.parse(await k.do('get --raw /apis/apps'))).toMatchObject({ kind: 'APIGroup', preferredVersion: { version: 'v1' } });
    expect(await k.do('get --raw /metrics')).toContain('apiserver_request_total');
    await using proxy = await k.start('proxy --port=0');
    const address = /127\.0\.0\.1:\d+/.exec(await proxy.until(/Starting to serve on .*\n/))?.[0];
    expect(await (await fetch(`http://${address}/api/v1/namespaces/default`)).json()).toMatchObject({
      kind: 'Namespace',
      metadata: { name: 'default' },
    });
  });
});
