import { expect, test } from 'vitest';
import { eachKubectl } from '../each-kubectl.ts';

eachKubectl('create', (kubectl) => {
  test('create makes objects of every kind that it has a sub-command for', async () => {
    const k = kubectl();
    const n = k.namespace;
    const made: [command: string, answer: string][] = [
      ['configmap settings --from-literal=color=blue', 'configmap/settings created'],
      ['secret generic password --from-literal=pw=x', 'secret/password created'],
      [
        'secret docker-registry myregistry --docker-server=r.example --docker-username=u --docker-password=p --docker-email=e@x.example',
        'secret/myregistry created',
      ],
      ['serviceaccount robot', 'serviceaccount/robot created'],
      ['role reader --verb=get,list --resource=pods', 'role.rbac.authorization.k8s.io/reader created'],
      ['rolebinding readers --role=reader --user=jane', 'rolebinding.rbac.authorization.k8s.io/readers created'],
      [`clusterrole ${n} --verb=get --resource=nodes`, `clusterrole.rbac.authorization.k8s.io/${n} created`],
      [`clusterrolebinding ${n} --clusterrole=${n} --group=ops`, `clusterrolebinding.rbac.authorization.k8s.io/${n} created`],
      ['quota limits --hard=configmaps=100', 'resourcequota/limits created'],
      ['poddisruptionbudget web --selector=app=web --min-available=1', 'poddisruptionbudget.policy/web created'],
      [`priorityclass ${n} --value=1000`, `priorityclass.scheduling.k8s.io/${n} created`],
      ['job once --image=busybox -- true', 'job.batch/once created'],
      ['cronjob often --image=busybox --schedule=*/5\u00a0*\u00a0*\u00a0*\u00a0* -- true', 'cronjob.batch/often created'],
      ['ingress web --rule=www.example.com/*=web:80', 'ingress.networking.k8s.io/web created'],
      ['deployment web --image=nginx --replicas=2 --port=80', 'deployment.apps/web created'],
    ];
    for (const [command, answer] of made) {
      const words = command.split(' ').map((word) => word.replaceAll('\u00a0', ' '));
      expect(await k.do(['create', ...words])).toBe(answer);
    }
    expect(await k.do('get deployment web -o jsonpath={.spec.replicas}/{.spec.template.spec.containers[0].image}')).toBe('2/nginx');
    expect(await k.do('get secret myregistry -o jsonpath={.type}')).toBe('kubernetes.io/dockerconfigjson');
    expect(await k.do('get ingress web -o jsonpath={.spec.rules[0].http.paths[0].pathType}')).toBe('Prefix');
  });

  test('create service makes each of the four types, and a headless one', async () => {
    const k = kubectl();
    expect(await k.do('create service clusterip plain --tcp=8080:80')).toBe('service/plain created');
    expect(await k.do('create service clusterip headless --clusterip=None')).toBe('service/headless created');
    expect(await k.do('create service nodeport open --tcp=80:80')).toBe('service/open created');
    expect(await k.do('create service loadbalancer outside --tcp=443:443')).toBe('service/outside created');
    expect(await k.do('create service externalname elsewhere --external-name=db.example.com')).toBe('service/elsewhere created');
    const rows = (await k.do('get services --no-headers')).split('\n').map((row) => row.split(/\s+/));
    const by = new Map(rows.map((row) => [row[0], row]));
    expect(by.get('plain')?.slice(1, 5)).toEqual(['ClusterIP', expect.stringMatching(/^10\.\d+\.\d+\.\d+$/), '<none>', '8080/TCP']);
    expect(by.get('headless')?.slice(1, 5)).toEqual(['ClusterIP', 'None', '<none>', '<none>']);
    expect(by.get('open')?.[4]).toMatch(/^80:3[0-2]\d{3}\/TCP$/);
    expect(by.get('outside')?.slice(1, 4)).toEqual(['LoadBalancer', expect.stringMatching(/^10\./), '<pending>']);
    expect(by.get('elsewhere')?.slice(1, 5)).toEqual(['ExternalName', '<none>', 'db.example.com', '<none>']);
  });

  test('run makes a bare pod', async () => {
    const k = kubectl();
    expect(await k.do('run bare --image=nginx --labels=app=bare')).toBe('pod/bare created');
    expect(await k.do('get pod bare -o jsonpath={.status.phase}/{.spec.restartPolicy}/{.metadata.labels.app}')).toBe('Pending/Always/bare');
  });

  test('expose makes a service for a deployment, a pod, and not twice', async () => {
    const k = kubectl();
    await k.do('create deployment webserver --image=nginx');
    expect(await k.do('expose deployment webserver --port 80')).toBe('service/webserver exposed');
    expect(await k.do('get service webserver -o jsonpath={.spec.selector}')).toBe('{"app":"webserver"}');
    expect(await k.refused('expose deployment webserver --port 80')).toBe(
      'Error from server (AlreadyExists): services "webserver" already exists',
    );
    await k.do('run drill --image=nginx');
    expect(await k.do('expose --type NodePort --port 80 pod drill')).toBe('service/drill exposed');
    expect(Number(await k.do('get service drill -o jsonpath={.spec.ports[0].nodePort}'))).toBeGreaterThanOrEqual(30000);
  });

  test('create --dry-run changes nothing, at the client or at the server', async () => {
    const k = kubectl();
    expect(await k.do('create deployment dry --image=nginx --dry-run=client')).toBe('deployment.apps/dry created (dry run)');
    expect(await k.do('create deployment dry --image=nginx --dry-run=server')).toBe('deployment.apps/dry created (server dry run)');
    expect(await k.do('create deployment dry --image=nginx --dry-run=server -o jsonpath={.spec.strategy.type}')).toBe('RollingUpdate');
    expect(await k.refused('get deployment dry')).toBe('Error from server (NotFound): deployments.apps "dry" not found');
  });

  test('create token gives a token of a service account', async ({ skip }) => {
    const k = kubectl();
    if (!k.since(24)) skip();
    await k.do('create serviceaccount holder');
    const [, claims = ''] = (await k.do('create token holder --duration=1h')).split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ sub: `system:serviceaccount:${k.namespace}:holder` });
  });

  test('create with generateName makes up names', async () => {
    const k = kubectl();
    const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generateName: made-up-\n';
    const names = [await k.do('create -f -', { stdin: manifest }), await k.do('create -f -', { stdin: manifest })];
    for (const name of names) expect(name).toMatch(/^configmap\/made-up-[a-z0-9]{5} created$/);
    expect(new Set(names).size).toBe(2);
  });

  test('autoscale makes a HorizontalPodAutoscaler', async () => {
    const k = kubectl();
    await k.do('create deployment scaled --image=nginx');
    expect(await k.do('autoscale deployment scaled --min=1 --max=3 --cpu-percent=50')).toMatch(
      /^horizontalpodautoscaler\.autoscaling\/scaled autoscaled$/m,
    );
    expect(await k.do('get hpa scaled -o jsonpath={.spec.maxReplicas}')).toBe('3');
  });
});
