import { expect, test } from 'vitest';
import { eachKubectl } from '../each-kubectl.ts';

const configMap = (name: string, data: Record<string, string>): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

eachKubectl('change', (kubectl) => {
  test('apply creates, then says unchanged, then configures, and takes away what was taken away', async () => {
    const k = kubectl();
    expect(await k.do('apply -f -', { stdin: configMap('applied', { a: '1', b: '2' }) })).toBe('configmap/applied created');
    expect(await k.do('apply -f -', { stdin: configMap('applied', { a: '1', b: '2' }) })).toBe('configmap/applied unchanged');
    await k.do(['patch', 'configmap', 'applied', '-p', '{"data":{"mine":"kept"}}']);
    expect(await k.do('apply -f -', { stdin: configMap('applied', { a: '3' }) })).toBe('configmap/applied configured');
    expect(await k.do('get configmap applied -o jsonpath={.data}')).toBe('{"a":"3","mine":"kept"}');
  });

  test('apply to something made by create warns that the annotation is missing, and goes on', async () => {
    const k = kubectl();
    await k.do('create configmap unapplied --from-literal=a=1');
    const { code, stdout, stderr } = await k.try('apply -f -', { stdin: configMap('unapplied', { a: '2' }) });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'configmap/unapplied configured\n' });
    expect(stderr).toContain('missing the kubectl.kubernetes.io/last-applied-configuration annotation');
  });

  test('apply merges a deployment by the strategic rules: containers by their names', async () => {
    const k = kubectl();
    const manifest = (env: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: merged }
spec:
  selector: { matchLabels: { app: merged } }
  template:
    metadata: { labels: { app: merged } }
    spec:
      containers:
        - name: web
          image: nginx
          env: [${env}]
`;
    await k.do('apply -f -', { stdin: manifest('{ name: A, value: "1" }, { name: B, value: "2" }') });
    await k.do([
      'patch',
      'deployment',
      'merged',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}',
    ]);
    expect(await k.do('apply -f -', { stdin: manifest('{ name: B, value: "3" }') })).toBe('deployment.apps/merged configured');
    expect(await k.do('get deployment merged -o jsonpath={.spec.template.spec.containers[*].name}')).toBe('side web');
    expect(await k.do('get deployment merged -o jsonpath={.spec.template.spec.containers[?(@.name=="web")].env}')).toBe(
      '[{"name":"B","value":"3"}]',
    );
  });

  test('server-side apply owns fields, refuses to take them from another, and takes them by force', async () => {
    const k = kubectl();
    const manifest = configMap('owned', { a: '1' });
    expect(await k.do('apply --server-side -f -', { stdin: manifest })).toBe('configmap/owned serverside-applied');
    const refusal = await k.refused('apply --server-side --field-manager=other -f -', { stdin: configMap('owned', { a: '2' }) });
    expect(refusal).toMatch(/Apply failed with 1 conflict: conflict with "kubectl"( using v1)?: \.data\.a/);
    expect(await k.do('apply --server-side --field-manager=other --force-conflicts -f -', { stdin: configMap('owned', { a: '2' }) })).toBe(
      'configmap/owned serverside-applied',
    );
    expect(await k.do('get configmap owned -o jsonpath={.data.a}')).toBe('2');
  });

  test('edit changes what the editor changed, and cancels when it changed nothing', async () => {
    const k = kubectl();
    await k.do('create configmap edited --from-literal=color=blue');
    expect(await k.do('edit configmap edited', { env: { KUBE_EDITOR: 'sed -i s/blue/green/' } })).toBe('configmap/edited edited');
    expect(await k.do('get configmap edited -o jsonpath={.data.color}')).toBe('green');
    const { stdout, stderr } = await k.try('edit configmap edited', { env: { KUBE_EDITOR: 'true' } });
    expect(stdout + stderr).toContain('Edit cancelled, no changes made.');
  });

  test('a selector that is edited leads a service to other pods', async () => {
    const k = kubectl();
    await k.do('create service clusterip other-svc --tcp=80');
    expect(await k.do('edit service other-svc', { env: { KUBE_EDITOR: "sed -i 's/app: other-svc/app: webserver/'" } })).toBe(
      'service/other-svc edited',
    );
    expect(await k.do('get service other-svc -o jsonpath={.spec.selector.app}/{.metadata.labels.app}')).toBe('webserver/webserver');
  });

  test('patch works with all three kinds of patches', async () => {
    const k = kubectl();
    await k.do('create deployment patched --image=nginx');
    const patch = async (type: string, text: string): Promise<string> =>
      await k.do(['patch', 'deployment', 'patched', `--type=${type}`, '-p', text]);
    expect(await patch('strategic', '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","image":"nginx:1"}]}}}}')).toBe(
      'deployment.apps/patched patched',
    );
    expect(await patch('merge', '{"metadata":{"labels":{"tier":"front"}}}')).toBe('deployment.apps/patched patched');
    expect(await patch('json', '[{"op":"replace","path":"/spec/replicas","value":3}]')).toBe('deployment.apps/patched patched');
    expect(
      await k.do('get deployment patched -o jsonpath={.spec.replicas}{.metadata.labels.tier}{.spec.template.spec.containers[*].image}'),
    ).toBe('3frontnginx:1');
  });

  test('a patch that changes nothing is said to be one', async () => {
    const k = kubectl();
    await k.do('create configmap same --from-literal=a=1');
    expect(await k.do(['patch', 'configmap', 'same', '-p', '{"data":{"a":"1"}}'])).toBe('configmap/same patched (no change)');
  });

  test('label and annotate add, refuse to overwrite, overwrite, and remove', async () => {
    const k = kubectl();
    await k.do('create configmap marked');
    expect(await k.do('label configmap marked tier=front')).toBe('configmap/marked labeled');
    expect(await k.refused('label configmap marked tier=back')).toContain("'tier' already has a value (front), and --overwrite is false");
    expect(await k.do('label --overwrite configmap marked tier=back')).toBe('configmap/marked labeled');
    expect(await k.do('get configmap -l tier=back -o name')).toBe('configmap/marked');
    expect(await k.do('label configmap marked tier-')).toMatch(/^configmap\/marked (un)?labeled$/);
    expect(await k.do('annotate configmap marked example.com/note=hello')).toMatch(/^configmap\/marked annotated$/);
    expect(
      await k.do(['get', 'configmap', 'marked', '-o', String.raw`jsonpath={.metadata.labels}{.metadata.annotations.example\.com/note}`]),
    ).toBe('hello');
  });

  test('replace puts an object in the place of another, and refuses an outdated one', async () => {
    const k = kubectl();
    await k.do('create configmap replaced --from-literal=a=1');
    const old = await k.do('get configmap replaced -o json');
    expect(await k.do('replace -f -', { stdin: configMap('replaced', { b: '2' }) })).toBe('configmap/replaced replaced');
    expect(await k.do('get configmap replaced -o jsonpath={.data}')).toBe('{"b":"2"}');
    const refusal = await k.refused('replace -f -', { stdin: old });
    expect(refusal).toMatch(
      /^Error from server \(Conflict\): error when replacing "STDIN": Operation cannot be fulfilled on configmaps "replaced": the object has been modified; please apply your changes to the latest version and try again$/m,
    );
  });

  test('delete removes one, those of a label, and all, and says which', async () => {
    const k = kubectl();
    await Promise.all(['one', 'two', 'three'].map(async (name) => await k.do(`create secret generic gone-${name}`)));
    await k.do('label secret gone-two gone-three fate=sealed');
    const deleted = (name: string): RegExp => new RegExp(`^secret "gone-${name}" deleted( from ${k.namespace} namespace)?$`, 'm');
    expect(await k.do('delete secret gone-one')).toMatch(deleted('one'));
    const both = await k.do('delete secret -l fate=sealed');
    expect(both).toMatch(deleted('two'));
    expect(both).toMatch(deleted('three'));
    expect(await k.do('delete secret gone-one --ignore-not-found')).toBe('');
    const { stdout, stderr } = await k.try('get secrets -l fate=sealed');
    expect({ stdout, stderr: stderr.trimEnd() }).toEqual({ stdout: '', stderr: `No resources found in ${k.namespace} namespace.` });
  });

  test('diff shows what apply would change, and ends with 1', async () => {
    const k = kubectl();
    await k.do('apply -f -', { stdin: configMap('different', { a: 'old' }) });
    const { code, stdout } = await k.try('diff -f -', { stdin: configMap('different', { a: 'new' }) });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^-\s+a: old$/m);
    expect(stdout).toMatch(/^\+\s+a: new$/m);
    expect(await k.do('get configmap different -o jsonpath={.data.a}')).toBe('old');
    expect((await k.try('diff -f -', { stdin: configMap('different', { a: 'old' }) })).code).toBe(0);
  });

  test('set changes images, environment, resources and service accounts of a deployment', async () => {
    const k = kubectl();
    await k.do('create deployment setter --image=nginx');
    expect(await k.do('set image deployment/setter nginx=nginx:1.27')).toBe('deployment.apps/setter image updated');
    expect(await k.do('set env deployment/setter COLOR=blue')).toBe('deployment.apps/setter env updated');
    expect(await k.do('set resources deployment/setter --requests=cpu=10m,memory=16Mi')).toBe(
      'deployment.apps/setter resource requirements updated',
    );
    expect(await k.do('set serviceaccount deployment/setter default')).toBe('deployment.apps/setter serviceaccount updated');
    const container = JSON.parse(await k.do('get deployment setter -o jsonpath={.spec.template.spec.containers[0]}')) as object;
    expect(container).toMatchObject({
      image: 'nginx:1.27',
      env: [{ name: 'COLOR', value: 'blue' }],
      resources: { requests: { cpu: '10m', memory: '16Mi' } },
    });
  });
});
