import { describe, expect, test } from 'vitest';
import { root } from '#apimachinery';
import type { Pod } from '../../generated/core-v1.ts';
import { read, type Part } from '../core.fixture.ts';
import { podTemplateWarnings, podWarnings } from './warnings.ts';

const pod = (spec: Part, metadata: Part = {}): Pod => read('Pod', { metadata, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });

describe('a warning is given of', () => {
  test.each<[string, Pod, string[]]>([
    ['nothing', pod({}), []],
    [
      'labels of nodes that have new names',
      pod({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }),
      ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
    ],
    [
      'variables that hide others',
      pod({ containers: [{ name: 'c', image: 'i', env: [{ name: 'A' }, { name: 'A' }] }] }),
      ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
    ],
    [
      'ports that are there already',
      pod({ containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }, { containerPort: 80 }] }] }),
      ['spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]'],
    ],
    [
      'parts of bytes',
      pod({ containers: [{ name: 'c', image: 'i', resources: { limits: { memory: '100m' } } }] }),
      [
        'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
        'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
      ],
    ],
    [
      'volumes that are gone',
      pod({ volumes: [{ name: 'v', gitRepo: { repository: 'r' } }] }),
      ['spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+'],
    ],
    ['secrets without a name', pod({ imagePullSecrets: [{}] }), ['spec.imagePullSecrets[0].name: invalid empty name ""']],
    [
      'annotations that have become fields',
      pod({}, { annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' } }),
      [
        'metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead',
      ],
    ],
    [
      'names that are no host names',
      pod({}, { name: 'a.b' }),
      [
        "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
      ],
    ],
  ])('%s', (_, object, warnings) => {
    expect(podWarnings(object, undefined)).toEqual(warnings);
  });
});

test('an update is not warned of', () => {
  const old = pod({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } });
  expect(podWarnings(old, old)).toEqual([]);
});

test('a template is warned of where it stands', () => {
  const { metadata, spec } = pod({ imagePullSecrets: [{}] });
  expect(podTemplateWarnings({ metadata, spec }, root.child('spec', 'template'))).toEqual([
    'spec.template.spec.imagePullSecrets[0].name: invalid empty name ""',
  ]);
});
