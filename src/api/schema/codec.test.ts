import { describe, expect, it } from 'vitest';
import { applyStrategicMergePatch, StatusError } from '#apimachinery';
import { codecOf, strictDecodingError, type KindCodec } from './index.ts';

function codec(group: string, version: string, kind: string): KindCodec {
  const found = codecOf(group, version, kind);
  if (found === undefined) throw new Error(`no codec for ${kind}`);
  return found;
}

const deployment = codec('apps', 'v1', 'Deployment');

function refusal(kind: KindCodec, value: unknown): string {
  try {
    kind.decode(value);
  } catch (error) {
    if (error instanceof StatusError && error.code === 400) return error.message;
    throw error;
  }
  return 'accepted';
}

function problems(kind: KindCodec, text: string): string[] {
  return kind.decode(JSON.parse(text), { findProblems: true, text }).problems;
}

describe('decoding', () => {
  it('fills in structs by value, drops empty values and orders keys as declared', () => {
    const value = {
      spec: { template: { spec: { hostNetwork: false, containers: [{ image: 'nginx', name: 'web', args: [] }] } } },
      metadata: { labels: {}, name: 'web' },
      kind: 'Deployment',
      apiVersion: 'apps/v1',
    };
    expect(JSON.stringify(deployment.decode(value).object)).toBe(
      '{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"web"},"spec":{"template":{"metadata":{},' +
        '"spec":{"containers":[{"name":"web","image":"nginx","resources":{}}]}},"strategy":{}},"status":{}}',
    );
  });

  it('leaves its input unchanged', () => {
    const value = Object.freeze({
      kind: 'Deployment',
      metadata: Object.freeze({ name: 'web', labels: Object.freeze({ b: '1', a: '2' }) }),
    });
    const { metadata } = deployment.decode<{ metadata: { labels: object } }>(value).object;
    expect(Object.keys(metadata.labels)).toEqual(['a', 'b']);
    expect(Object.keys(value.metadata.labels)).toEqual(['b', 'a']);
  });

  it('keeps pointers to zero values and treats null as absence', () => {
    const { spec } = deployment.decode<{ spec: object }>({ spec: { replicas: 0, paused: null } }).object;
    expect(spec).toMatchObject({ replicas: 0 });
    expect(spec).not.toHaveProperty('paused');
  });

  it('prints an unset time by value as null, except creationTimestamp', () => {
    const { object } = codec('', 'v1', 'Pod').decode({ metadata: {}, status: { conditions: [{ type: 'Ready', status: 'True' }] } });
    expect(object['metadata']).toEqual({});
    expect(object['status']).toEqual({
      conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: null }],
    });
  });

  it('puts quantities and times into canonical form', () => {
    const limits = { cpu: 0.5, memory: '1024Mi' };
    const pod = {
      metadata: { creationTimestamp: '2026-01-01T02:00:00.5+02:00' },
      spec: { containers: [{ name: 'a', resources: { limits } }] },
    };
    expect(codec('', 'v1', 'Pod').decode(pod).object).toMatchObject({
      metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: { containers: [{ resources: { limits: { cpu: '500m', memory: '1Gi' } } }] },
    });
  });

  it('does not let a key named __proto__ change an object', () => {
    const text = '{"metadata":{"labels":{"__proto__":"x"}},"data":{"__proto__":"y"}}';
    const { object } = codec('', 'v1', 'ConfigMap').decode<{ data: object }>(JSON.parse(text));
    expect(Object.getOwnPropertyNames(object.data)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(object.data)).toBe(Object.prototype);
  });

  it('reads the two-faced types of JSON schemas', () => {
    const schema = { type: 'object', items: [{ type: 'string' }], additionalProperties: false, dependencies: { a: ['b'] } };
    const crd = { metadata: { name: 'a' }, spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema: schema } }] } };
    const { object } = codec('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition').decode(crd);
    expect(object).toMatchObject({ spec: { versions: [{ schema: { openAPIV3Schema: schema } }] } });
  });
});

describe('a value of a wrong type', () => {
  it.each([
    [{ spec: { replicas: '3' } }, 'cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32'],
    [{ spec: { replicas: 1.5 } }, 'cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32'],
    [{ metadata: { labels: { a: 1 } } }, 'cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string'],
    [
      { spec: { template: { spec: { containers: [{ env: [{ name: 'a', value: true }] }] } } } },
      'cannot unmarshal bool into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
    ],
    [
      { spec: { template: { spec: { containers: {} } } } },
      'cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    ],
    [[], 'cannot unmarshal array into Go value of type v1.Deployment'],
  ])('is refused in the words of Go: %j', (value, message) => {
    expect(refusal(deployment, value)).toBe(`Deployment in version "v1" cannot be handled as a Deployment: json: ${message}`);
  });

  it('is refused for bad quantities and base64, too', () => {
    const bad = { spec: { containers: [{ name: 'a', resources: { limits: { cpu: 'lots' } } }] } };
    expect(refusal(codec('', 'v1', 'Pod'), bad)).toContain("quantities must match the regular expression '^([+-]?[0-9.]+)");
    expect(refusal(codec('', 'v1', 'Secret'), { data: { a: 'YW!=' } })).toContain('illegal base64 data at input byte 2');
  });
});

describe('unknown and duplicate fields', () => {
  it('are named with their paths, in the order of the document', () => {
    const text =
      '{"metadata":{"name":"a"},"spec":{"foo":1,"replicas":1,"replicas":2,' +
      '"template":{"spec":{"containers":[{"nmae":"\\"{:","image":"a","image":"b"}]}}}}';
    expect(problems(deployment, text)).toEqual([
      'unknown field "spec.foo"',
      'duplicate field "spec.replicas"',
      'unknown field "spec.template.spec.containers[0].nmae"',
      'duplicate field "spec.template.spec.containers[0].image"',
    ]);
  });

  it('are not looked for in free-form values', () => {
    const text = '{"metadata":{"managedFields":[{"fieldsV1":{"f:a":{},"f:a":{}}}]}}';
    expect(problems(deployment, text)).toEqual([]);
  });

  it('are found without the text, as far as they can be', () => {
    expect(deployment.decode({ spec: { foo: 1 } }, { findProblems: true }).problems).toEqual(['unknown field "spec.foo"']);
  });

  it('make the strict error that upstream gives', () => {
    expect(strictDecodingError(deployment, ['unknown field "a"', 'duplicate field "b"']).message).toBe(
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "a", duplicate field "b"',
    );
  });
});

describe('the schema for merging', () => {
  it('knows merge keys, list types and what is always there', () => {
    const spec = codec('', 'v1', 'Pod').schema.fields.get('spec')?.schema;
    const containers = spec?.kind === 'struct' ? spec.fields.get('containers') : undefined;
    expect(containers).toMatchObject({
      patchStrategy: ['merge'],
      patchMergeKey: 'name',
      always: true,
      schema: { kind: 'list', listType: 'map', mapKeys: ['name'] },
    });
  });

  it('treats selectors as one value', () => {
    const spec = codec('', 'v1', 'Service').schema.fields.get('spec')?.schema;
    expect(spec?.kind === 'struct' && spec.fields.get('selector')?.schema).toMatchObject({ kind: 'map', atomic: true });
  });

  it('lets a strategic merge patch find list items by their keys', () => {
    const pod = { spec: { containers: [{ name: 'a', image: 'old', env: [{ name: 'X', value: '1' }] }, { name: 'b' }] } };
    const patch = { spec: { containers: [{ name: 'a', image: 'new', env: [{ name: 'Y', value: '2' }] }] } };
    const patched = applyStrategicMergePatch(pod, patch, codec('', 'v1', 'Pod').schema);
    expect(patched).toMatchObject({ spec: { containers: [{ name: 'a', image: 'new' }, { name: 'b' }] } });
    expect(JSON.stringify(patched)).toContain('"X"');
  });
});
