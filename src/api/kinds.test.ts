import { describe, expect, it } from 'vitest';
import { allKinds, deprecationWarning, kindByName, kindByResource, servedKinds } from './kinds.ts';
import { codecOf } from './schema/index.ts';
import type { KindDefinition } from './kind-definition.ts';
import type { KubeObject } from '#apimachinery';

describe('the table of kinds', () => {
  it('holds every kind once', () => {
    const names = allKinds.map(({ group, resource }) => `${resource}.${group}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(allKinds.flatMap(servedKinds).map((served) => [`${served.group}/${served.version} ${served.definition.kind}`, served] as const))(
    'has a description of %s',
    (_, { group, version, definition }) => {
      expect(codecOf(group, version, definition.kind)).toBeDefined();
    },
  );

  const empty = (definition: KindDefinition): KubeObject => {
    const codec = codecOf(definition.group, definition.version, definition.kind);
    const object = codec?.decode<KubeObject>({ metadata: { name: 'a' } }).object ?? { metadata: { name: 'a' } };
    definition.defaults?.(object);
    return object;
  };

  it.each(allKinds.filter(({ columns }) => columns !== undefined).map((definition) => [definition.kind, definition] as const))(
    'has as many cells in a row of a %s as columns in the table',
    (_, definition) => {
      expect(definition.row?.(empty(definition), new Date(0))).toHaveLength(definition.columns?.length ?? 0);
    },
  );

  it.each(allKinds.map((definition) => [definition.kind, definition] as const))('survives an empty %s', (_, definition) => {
    expect(() => definition.validate?.(empty(definition))).not.toThrow();
  });

  it.each(allKinds.filter(({ hasStatus, group }) => hasStatus && group !== '').map((definition) => [definition.kind, definition] as const))(
    'does not take the status of a new %s from the client',
    (_, definition) => {
      const object = { ...empty(definition), status: { theClientSays: true } };
      definition.prepareForCreate?.(object, { now: new Date(0), subresource: '', warn: () => {} });
      expect(object.status).toBeDefined();
      expect(object.status).not.toHaveProperty('theClientSays');
    },
  );

  it.each([
    ['apps', 'v1', 'deployments', 'Deployment'],
    ['extensions', 'v1beta1', 'deployments', 'Deployment'],
    ['extensions', 'v1beta1', 'ingresses', 'Ingress'],
    ['events.k8s.io', 'v1', 'events', 'Event'],
    ['autoscaling', 'v1', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'],
    ['', 'v1', 'pods', 'Pod'],
  ])('finds %s/%s %s', (group, version, resource, kind) => {
    expect(kindByResource(group, version, resource)?.definition.kind).toBe(kind);
    expect(kindByName(group, version, kind)?.definition.resource).toBe(resource);
  });

  it.each([
    [
      'networking.k8s.io',
      'v1beta1',
      'Ingress',
      'networking.k8s.io/v1beta1 Ingress is deprecated in v1.19+, unavailable in v1.22+; use networking.k8s.io/v1 Ingress',
    ],
    ['batch', 'v1beta1', 'CronJob', 'batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; use batch/v1 CronJob'],
    [
      'policy',
      'v1beta1',
      'PodDisruptionBudget',
      'policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget',
    ],
    [
      'extensions',
      'v1beta1',
      'Ingress',
      'extensions/v1beta1 Ingress is deprecated in v1.14+, unavailable in v1.22+; use networking.k8s.io/v1 Ingress',
    ],
  ])('warns of %s/%s %s', (group, version, kind, text) => {
    const served = kindByName(group, version, kind);
    expect(served && deprecationWarning(served)).toBe(text);
  });

  it('does not warn of stable versions', () => {
    for (const [group, kind] of [
      ['apps', 'Deployment'],
      ['autoscaling', 'HorizontalPodAutoscaler'],
    ] as const) {
      const served = kindByName(group, 'v1', kind);
      expect(served && deprecationWarning(served)).toBeUndefined();
    }
  });

  it.each([
    ['deployments', ['deploy']],
    ['replicasets', ['rs']],
    ['daemonsets', ['ds']],
    ['statefulsets', ['sts']],
    ['cronjobs', ['cj']],
    ['horizontalpodautoscalers', ['hpa']],
    ['poddisruptionbudgets', ['pdb']],
    ['ingresses', ['ing']],
    ['networkpolicies', ['netpol']],
    ['priorityclasses', ['pc']],
    ['storageclasses', ['sc']],
    ['certificatesigningrequests', ['csr']],
    ['customresourcedefinitions', ['crd', 'crds']],
  ])('knows the short names of %s', (resource, shortNames) => {
    expect(allKinds.find((kind) => kind.resource === resource)?.shortNames).toEqual(shortNames);
  });
});
