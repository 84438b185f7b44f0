import { describe, expect, it } from 'vitest';
import { created, errorsOf, inVersion, updateErrorsOf, type Manifest } from '../kinds.fixture.ts';
import type { CustomResourceDefinition } from '../generated/apiextensions-v1.ts';

const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } } };
const v1 = { name: 'v1', served: true, storage: true, schema };

function crd(spec: object = {}, metadata: object = { name: 'widgets.example.com' }): Manifest {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata,
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [v1], ...spec },
  };
}

describe('a CustomResourceDefinition', () => {
  it('gets names, conversion and its first stored version', () => {
    const object = created<CustomResourceDefinition>(crd());
    expect(object.spec).toMatchObject({ names: { singular: 'widget', listKind: 'WidgetList' }, conversion: { strategy: 'None' } });
    expect(object.status).toEqual({ conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: ['v1'] });
    expect(errorsOf(crd())).toEqual([]);
  });

  const at = 'spec.versions[0].schema.openAPIV3Schema';
  const withSchema = (openAPIV3Schema: object) => crd({ versions: [{ ...v1, schema: { openAPIV3Schema } }] });
  it.each<[string, Manifest, string]>([
    ['another name', crd({}, { name: 'a' }), 'metadata.name: Invalid value: "a": must be spec.names.plural+"."+spec.group'],
    ['no storage version', crd({ versions: [{ ...v1, storage: false }] }), 'must have exactly one version marked as storage version'],
    ['a version twice', crd({ versions: [v1, { ...v1, storage: false }] }), 'must contain unique version names'],
    ['no schema', crd({ versions: [{ ...v1, schema: undefined }] }), `${at}: Required value: schemas are required`],
    ['an unknown scope', crd({ scope: 'Global' }), 'spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced"'],
    [
      'a list as root',
      withSchema({ type: 'array', items: { type: 'string' } }),
      `${at}.type: Invalid value: "array": must be object at the root`,
    ],
    [
      'a field without type',
      withSchema({ type: 'object', properties: { a: {} } }),
      `${at}.properties[a].type: Required value: must not be empty for specified object fields`,
    ],
    [
      'items without type',
      withSchema({ type: 'object', properties: { a: { type: 'array', items: {} } } }),
      `${at}.properties[a].items.type: Required value: must not be empty for specified array items`,
    ],
    [
      'types in conditions',
      withSchema({ type: 'object', anyOf: [{ type: 'object' }] }),
      `${at}.anyOf[0].type: Forbidden: must be empty to be structural`,
    ],
    [
      'unknown fields for all',
      crd({ preserveUnknownFields: true }),
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    ],
    [
      'a webhook that is none',
      crd({ conversion: { strategy: 'Webhook' } }),
      'spec.conversion.webhook.clientConfig: Required value: required when strategy is set to Webhook',
    ],
    [
      'a kind that is its list',
      crd({ names: { plural: 'widgets', kind: 'Widget', listKind: 'Widget' } }),
      'kind and listKind may not be the same',
    ],
  ])('is refused with %s', (_, manifest, error) => {
    expect(errorsOf(manifest).join('\n')).toContain(error);
  });

  it('remembers which versions have been stored', () => {
    const change = ({ spec }: CustomResourceDefinition) => {
      spec.versions = [{ ...v1, name: 'v2' }];
    };
    expect(updateErrorsOf(crd(), change)[0]).toContain('status.storedVersions[0]: Invalid value: "v1": missing from spec.versions');
  });

  it('does not change what the old object shares with it', () => {
    const old = created<CustomResourceDefinition>(crd());
    Object.freeze(old.status.storedVersions);
    expect(() => updateErrorsOf<CustomResourceDefinition>(crd(), ({ spec }) => void (spec.versions[0]!.name = 'v3'))).not.toThrow();
  });

  it('of v1beta1 has once what v1 has in each version', () => {
    const stored = created<CustomResourceDefinition>({
      apiVersion: 'apiextensions.k8s.io/v1beta1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        version: 'v1',
        names: { plural: 'widgets', kind: 'Widget' },
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', JSONPath: '.spec.size' }],
        validation: { openAPIV3Schema: { properties: { spec: { properties: { size: { type: 'integer' } } } } } },
      },
    });
    expect(stored.spec).toMatchObject({
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          storage: true,
          served: true,
          subresources: { status: {} },
          additionalPrinterColumns: [{ name: 'Size', jsonPath: '.spec.size' }],
        },
      ],
    });
    expect(errorsOf(stored as unknown as Manifest)).toEqual([]);
    expect(inVersion(stored, 'apiextensions.k8s.io/v1beta1')).toMatchObject({
      spec: {
        version: 'v1',
        subresources: { status: {} },
        additionalPrinterColumns: [{ JSONPath: '.spec.size' }],
        versions: [{ name: 'v1' }],
      },
    });
  });
});
