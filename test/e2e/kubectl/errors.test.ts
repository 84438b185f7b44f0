import { expect, test } from 'vitest';
import { eachKubectl } from '../each-kubectl.ts';

eachKubectl('errors', (kubectl) => {
  test('what is not there is not found', async () => {
    const k = kubectl();
    expect(await k.refused('get configmap nothing')).toBe('Error from server (NotFound): configmaps "nothing" not found');
    expect(await k.refused('delete deployment nothing')).toBe('Error from server (NotFound): deployments.apps "nothing" not found');
    expect(await k.refused('get nonsense')).toBe('error: the server doesn\'t have a resource type "nonsense"');
    expect(await k.refused('get --raw /nonsense')).toBe('Error from server (NotFound): the server could not find the requested resource');
  });

  test('what is there is not created again', async () => {
    const k = kubectl();
    await k.do('create configmap twice');
    expect(await k.refused('create configmap twice')).toMatch(/configmaps "twice" already exists$/);
    const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'twice' } });
    expect(await k.refused('create -f -', { stdin })).toBe(
      'Error from server (AlreadyExists): error when creating "STDIN": configmaps "twice" already exists',
    );
    expect(await k.refused(['create', 'namespace', 'default'])).toBe(
      'Error from server (AlreadyExists): namespaces "default" already exists',
    );
  });

  test('an object in a namespace that is not there is refused', async () => {
    const refusal = await kubectl().refused('create configmap lost -n nowhere');
    expect(refusal).toMatch(/namespaces "nowhere" not found$/);
  });

  test('invalid objects are refused with every field that is wrong', async () => {
    const k = kubectl();
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'wrong' }, spec: { ports: [{ port: 70000, targetPort: 80 }] } };
    expect(await k.refused('create -f - --validate=false', { stdin: JSON.stringify(service) })).toBe(
      'The Service "wrong" is invalid: spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
    );
    const container = { name: 'Web!', image: 'nginx' };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'wrong' },
      spec: {
        selector: { matchLabels: { app: 'a' } },
        template: { metadata: { labels: { app: 'b' } }, spec: { containers: [container] } },
      },
    };
    const refusal = await k.refused('create -f - --validate=false', { stdin: JSON.stringify(deployment) });
    expect(refusal).toContain('The Deployment "wrong" is invalid:');
    expect(refusal).toContain('* spec.template.metadata.labels: Invalid value:');
    expect(refusal).toContain('`selector` does not match template `labels`');
    expect(refusal).toContain('* spec.template.spec.containers[0].name: Invalid value: "Web!": a lowercase RFC 1123 label must consist of');
    const name = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'Not_A_Name' } };
    expect(await k.refused('create -f - --validate=false', { stdin: JSON.stringify(name) })).toContain(
      'The ConfigMap "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of',
    );
  });

  test('fields that may not change are refused', async () => {
    const k = kubectl();
    await k.do('create deployment fixed --image=nginx');
    expect(await k.refused(['patch', 'deployment', 'fixed', '-p', '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'])).toMatch(
      /field is immutable/,
    );
    await k.do('create service clusterip fixed --tcp=80');
    expect(await k.refused(['patch', 'service', 'fixed', '-p', '{"spec":{"clusterIP":"10.96.77.77"}}'])).toMatch(
      /spec\.clusterIPs?(\[0\])?: Invalid value: .*(may not change once set|field is immutable)/,
    );
  });

  test('fields that do not exist are refused before and by the server', async () => {
    const k = kubectl();
    const stdin = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: typo\ndatta:\n  a: "1"\n';
    expect(await k.refused('create -f -', { stdin })).toMatch(
      /unknown field "(datta|io\.k8s\.api\.core\.v1\.ConfigMap\.datta)"|unknown field "datta"/,
    );
  });

  test('fields that do not exist are warned about when that is enough', async ({ skip }) => {
    const k = kubectl();
    if (!k.since(25)) skip();
    const stdin = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: warned\ndatta:\n  a: "1"\n';
    const { code, stderr } = await k.try('create -f - --validate=warn', { stdin });
    expect({ code, stderr: stderr.trim() }).toEqual({ code: 0, stderr: 'Warning: unknown field "datta"' });
  });

  test('manifests that are broken are refused', async () => {
    const k = kubectl();
    expect(await k.refused('apply -f -', { stdin: 'a: [b\n' })).toMatch(
      /^error: error (parsing|converting YAML to JSON)|error parsing STDIN/,
    );
    expect(await k.refused('apply -f -', { stdin: 'kind: ConfigMap\n' })).toMatch(/apiVersion/);
    expect(await k.refused('apply -f -', { stdin: 'apiVersion: v9\nkind: Nonsense\nmetadata:\n  name: x\n' })).toMatch(
      /no matches for kind "Nonsense" in version "v9"/,
    );
    expect(
      await k.refused('create -f - --validate=false', { stdin: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata: text\n' }),
    ).toMatch(
      /^Error from server \(BadRequest\): error when creating "STDIN": ConfigMap in version "v1" cannot be handled as a ConfigMap: /,
    );
    expect(
      await k.refused('create -f -', { stdin: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: kube-system\n' }),
    ).toContain(`the namespace from the provided object "kube-system" does not match the namespace "${k.namespace}"`);
  });

  test('another user gets only what is granted to him', async () => {
    const k = kubectl();
    expect(await k.refused('get configmaps --as=bob')).toBe(
      `Error from server (Forbidden): configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "${k.namespace}"`,
    );
    await k.do('create role configured --verb=get,list,create --resource=configmaps');
    await k.do('create rolebinding bob --role=configured --user=bob');
    expect(await k.do('create configmap mine --as=bob')).toBe('configmap/mine created');
    expect(await k.refused('delete configmap mine --as=bob')).toBe(
      `Error from server (Forbidden): configmaps "mine" is forbidden: User "bob" cannot delete resource "configmaps" in API group "" in the namespace "${k.namespace}"`,
    );
    // Nobody grants what he does not hold himself.
    await k.do('create role granting --verb=create --resource=roles');
    await k.do('create rolebinding granting --role=granting --user=bob');
    expect(await k.refused('create role more --verb=get --resource=secrets --as=bob')).toMatch(
      /is attempting to grant RBAC permissions not currently held/,
    );
  });

  test('a server that is not there is said to be unreachable', async () => {
    expect(await kubectl().refused('get pods --server=https://127.0.0.1:1')).toMatch(/127\.0\.0\.1:1/);
  });
});
