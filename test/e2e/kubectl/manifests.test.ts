import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eachKubectl } from '../each-kubectl.ts';

const manifests = join(import.meta.dirname, '../../fixtures/manifests');

eachKubectl('manifests', (kubectl) => {
  test('an Ingress of networking.k8s.io/v1 is accepted', async () => {
    const k = kubectl();
    expect(await k.do(`apply -f ${manifests}/ingress-v1.yaml`)).toBe('ingress.networking.k8s.io/current created');
    expect(await k.do('describe ingress current')).toMatch(/\/testpath\s+test:80/);
  });

  test('an Ingress of networking.k8s.io/v1beta1 is accepted, with a warning, and reads back as v1', async () => {
    const k = kubectl();
    const { code, stdout, stderr } = await k.try(`apply -f ${manifests}/ingress-v1beta1.yaml`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'ingress.networking.k8s.io/old created\n' });
    expect(stderr).toMatch(
      /^Warning: networking\.k8s\.io\/v1beta1 Ingress is deprecated in v1\.19\+, unavailable in v1\.22\+; use networking\.k8s\.io\/v1 Ingress$/m,
    );
    const [path] = JSON.parse(await k.do('get ingresses.v1.networking.k8s.io old -o jsonpath={.spec.rules[0].http.paths}')) as [unknown];
    expect(path).toEqual({
      path: '/testpath',
      pathType: 'ImplementationSpecific',
      backend: { service: { name: 'test', port: { number: 80 } } },
    });
    const [old] = JSON.parse(await k.do('get ingresses.v1beta1.networking.k8s.io old -o jsonpath={.spec.rules[0].http.paths}')) as [
      unknown,
    ];
    expect(old).toEqual({ path: '/testpath', pathType: 'ImplementationSpecific', backend: { serviceName: 'test', servicePort: 80 } });
  });

  test('objects of versions that upstream removed are still served', async () => {
    const k = kubectl();
    const old: [manifest: object, answer: RegExp][] = [
      [
        {
          apiVersion: 'extensions/v1beta1',
          kind: 'Ingress',
          metadata: { name: 'older' },
          spec: { backend: { serviceName: 'a', servicePort: 'http' } },
        },
        /^ingress\.extensions\/older created$/,
      ],
      [
        {
          apiVersion: 'policy/v1beta1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'older' },
          spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
        },
        /^poddisruptionbudget\.policy\/older created$/,
      ],
      [
        {
          apiVersion: 'batch/v1beta1',
          kind: 'CronJob',
          metadata: { name: 'older' },
          spec: {
            schedule: '@daily',
            jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'busybox' }] } } } },
          },
        },
        /^cronjob\.batch\/older created$/,
      ],
    ];
    for (const [manifest, answer] of old) expect(await k.do('create -f -', { stdin: JSON.stringify(manifest) })).toMatch(answer);
    expect(await k.do('get ingresses.v1.networking.k8s.io older -o jsonpath={.spec.defaultBackend}')).toBe(
      '{"service":{"name":"a","port":{"name":"http"}}}',
    );
    expect(await k.do('get cronjobs.v1.batch older -o jsonpath={.apiVersion}')).toBe('batch/v1');
  });

  test("a third-party controller's set-up is accepted, each object of it", async () => {
    const k = kubectl();
    // Every version gets a namespace of its own: the bundle brings one.
    const edge = `edge-${k.namespace}`;
    const stdin = (await readFile(join(manifests, 'controller-bundle.yaml'), 'utf8'))
      .replaceAll('edge-system', edge)
      .replaceAll('edge-controller', edge);
    expect((await k.everywhere('apply -f -', { stdin })).split('\n')).toEqual([
      `namespace/${edge} created`,
      'serviceaccount/edge created',
      `clusterrole.rbac.authorization.k8s.io/${edge} created`,
      `clusterrolebinding.rbac.authorization.k8s.io/${edge} created`,
      'secret/edge-dashboard created',
      'service/edge created',
      'deployment.apps/edge created',
    ]);
    expect(await k.everywhere('delete -f -', { stdin })).toContain(`namespace "${edge}" deleted`);
    expect(await k.everywhere(`get clusterroles ${edge} --ignore-not-found`)).toBe('');
  });
});
