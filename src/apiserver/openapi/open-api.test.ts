import { describe, expect, it } from 'vitest';
import { OpenApi, type JsonSchema, type OpenApiDocument, type ServedKind } from './index.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const deployment: ServedKind = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  namespaced: true,
  verbs: VERBS,
  subresources: [
    { name: 'status', kind: 'Deployment', verbs: ['get', 'patch', 'update'] },
    { name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] },
  ],
};
const node: ServedKind = { group: '', version: 'v1', kind: 'Node', resource: 'nodes', namespaced: false, verbs: VERBS };
const cronTab: ServedKind = {
  group: 'stable.example.com',
  version: 'v1',
  kind: 'CronTab',
  resource: 'crontabs',
  namespaced: true,
  verbs: VERBS,
  customSchema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          schedule: { type: 'string', default: '@daily' },
          port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }] },
        },
      },
    },
  },
};

const api = (...kinds: ServedKind[]): OpenApi => new OpenApi({ kinds: () => kinds, version: 'v1.36.0' });

interface Doc {
  openapi?: string;
  swagger?: string;
  components: { schemas: Record<string, JsonSchema & { properties: Record<string, JsonSchema> }> };
  definitions: Record<string, JsonSchema & { properties: Record<string, JsonSchema> }>;
  paths: Record<string, Record<string, JsonSchema & { parameters: { name: string }[] }>>;
}

const parse = (document: OpenApiDocument | undefined): Doc => JSON.parse(document?.bytes.toString() ?? '{}') as Doc;

describe('the third version', () => {
  it('lists the group-versions with hashes that change with what is served', () => {
    const index = JSON.parse(api(deployment, node).v3Index().bytes.toString()) as { paths: Record<string, { serverRelativeURL: string }> };
    expect(Object.keys(index.paths)).toEqual(['api/v1', 'apis/apps/v1']);
    expect(index.paths['apis/apps/v1']?.serverRelativeURL).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/);
    const fewer = api({ ...deployment, subresources: [] }, node)
      .v3Index()
      .bytes.toString();
    expect(fewer).not.toContain(index.paths['apis/apps/v1']?.serverRelativeURL);
    expect(fewer).toContain(index.paths['api/v1']?.serverRelativeURL);
  });

  it('describes types with their references, defaults and merge hints', async () => {
    const { openapi, components } = parse(await api(deployment).v3('apis/apps/v1'));
    expect(openapi).toBe('3.0.0');
    const { schemas } = components;
    expect(schemas['io.k8s.api.apps.v1.Deployment']).toMatchObject({
      type: 'object',
      'x-kubernetes-group-version-kind': [{ group: 'apps', kind: 'Deployment', version: 'v1' }],
      properties: { spec: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec' }], default: {} } },
    });
    expect(schemas['io.k8s.api.apps.v1.DeploymentSpec']).toMatchObject({
      required: ['selector', 'template'],
      properties: { replicas: { format: 'int32', type: 'integer' }, strategy: { 'x-kubernetes-patch-strategy': 'retainKeys' } },
    });
    expect(schemas['io.k8s.api.core.v1.PodSpec']?.properties['containers']).toMatchObject({
      type: 'array',
      items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }], default: {} },
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    });
    expect(schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toMatchObject({ oneOf: [{ type: 'integer' }, { type: 'string' }] });
    expect(schemas['io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector']).toMatchObject({ 'x-kubernetes-map-type': 'atomic' });
  });

  it('refers only to what it defines', async () => {
    for (const path of ['api/v1', 'apis/apps/v1', 'apis/stable.example.com/v1']) {
      const document = await api(deployment, node, cronTab).v3(path);
      const references = document?.bytes.toString().matchAll(/"#\/components\/schemas\/([^"]+)"/g) ?? [];
      const { schemas } = parse(document).components;
      for (const [, name = ''] of references) expect(schemas).toHaveProperty([name]);
    }
  });

  it('has the operations that clients look for', async () => {
    const { paths } = parse(await api(deployment).v3('apis/apps/v1'));
    const item = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    expect(Object.keys(item ?? {}).sort()).toEqual(['delete', 'get', 'parameters', 'patch', 'put']);
    expect(item?.['patch']).toMatchObject({
      operationId: 'patchAppsV1NamespacedDeployment',
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group: 'apps', kind: 'Deployment', version: 'v1' },
    });
    expect(item?.['patch']?.parameters.map(({ name }) => name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    expect(paths['/apis/apps/v1/deployments']?.['get']).toMatchObject({ operationId: 'listAppsV1DeploymentForAllNamespaces' });
    expect(paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale']?.['put']).toMatchObject({
      'x-kubernetes-group-version-kind': { group: 'autoscaling', kind: 'Scale', version: 'v1' },
    });
  });

  it('shows custom resources with the fields of every object', async () => {
    const { components } = parse(await api(cronTab).v3('apis/stable.example.com/v1'));
    expect(components.schemas['com.example.stable.v1.CronTab']).toMatchObject({
      properties: {
        apiVersion: { type: 'string' },
        spec: { properties: { schedule: { default: '@daily' } } },
        metadata: { allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }] },
      },
    });
    expect(components.schemas).toHaveProperty(['com.example.stable.v1.CronTabList']);
  });

  it('knows nothing of what is not served, and forgets documents when told of a change', async () => {
    const kinds = [deployment];
    const documents = new OpenApi({ kinds: () => kinds, version: 'v1.36.0' });
    const first = await documents.v3('apis/apps/v1');
    expect(await documents.v3('apis/stable.example.com/v1')).toBeUndefined();
    kinds.push(cronTab);
    documents.changed();
    expect(await documents.v3('apis/stable.example.com/v1')).toBeDefined();
    expect(await documents.v3('apis/apps/v1')).toBe(first);
  });
});

describe('the second version', () => {
  it('puts all groups into one document, references beside descriptions', async () => {
    const { swagger, definitions, paths } = parse(await api(deployment, node).v2('json'));
    expect(swagger).toBe('2.0');
    expect(definitions['io.k8s.api.core.v1.Node']?.properties['metadata']).toMatchObject({
      $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
    });
    expect(definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toMatchObject({ type: 'string', format: 'int-or-string' });
    expect(paths).toHaveProperty(['/api/v1/nodes/{name}', 'get', 'operationId'], 'readCoreV1Node');
  });

  it('leaves out of custom schemas what it has no words for', async () => {
    const { definitions } = parse(await api(cronTab).v2('json'));
    const spec = definitions['com.example.stable.v1.CronTab']?.properties['spec'];
    expect(spec).toEqual({ type: 'object', properties: { schedule: { type: 'string' }, port: { 'x-kubernetes-int-or-string': true } } });
  });

  it('has a protobuf form with a content type that clients can parse', async () => {
    const { bytes, contentType } = await api(node).v2('protobuf');
    expect(contentType).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    expect(bytes.subarray(0, 5).toString('latin1')).toBe('\n\x032.0');
    expect(bytes.includes('io.k8s.api.core.v1.Node')).toBe(true);
  });
});
