import { describe, expect, test } from 'vitest';
import type { Pod } from '../../generated/core-v1.ts';
import { kindOf, read, texts, updateProblems, type Part } from '../core.fixture.ts';

const IMMUTABLE =
  'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

const container = (fields: Part = {}): Part => ({ name: 'c', image: 'nginx:1', ...fields });
const pod = (spec: Part = {}): Part => ({ spec: { containers: [container()], ...spec } });
const toleration = { key: 'a', operator: 'Exists' };

describe('an update of a pod may', () => {
  test.each<[string, Part, Part]>([
    ['change nothing', pod(), pod()],
    ['change images', pod(), pod({ containers: [container({ image: 'nginx:2' })] })],
    ['set a deadline', pod(), pod({ activeDeadlineSeconds: 60 })],
    ['bring the deadline nearer', pod({ activeDeadlineSeconds: 60 }), pod({ activeDeadlineSeconds: 30 })],
    ['add tolerations', pod({ tolerations: [toleration] }), pod({ tolerations: [toleration, { key: 'b', operator: 'Exists' }] })],
    ['open gates', pod({ schedulingGates: [{ name: 'a' }] }), pod()],
    [
      'narrow down the nodes of a gated pod',
      pod({ schedulingGates: [{ name: 'a' }] }),
      pod({ schedulingGates: [{ name: 'a' }], nodeSelector: { disk: 'ssd' } }),
    ],
    ['make a negative grace the shortest there is', pod({ terminationGracePeriodSeconds: -1 }), pod({ terminationGracePeriodSeconds: 1 })],
  ])('%s', (_, before, after) => {
    expect(updateProblems('Pod', before, after)).toEqual([]);
  });
});

describe('an update of a pod may not', () => {
  test.each<[string, Part, Part, string]>([
    [
      'add containers',
      pod(),
      pod({ containers: [container(), container({ name: 'd' })] }),
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ],
    [
      'remove init containers',
      pod({ initContainers: [container({ name: 'i' })] }),
      pod(),
      'spec.initContainers: Forbidden: pod updates may not add or remove containers',
    ],
    [
      'put the deadline off',
      pod({ activeDeadlineSeconds: 30 }),
      pod({ activeDeadlineSeconds: 60 }),
      'spec.activeDeadlineSeconds: Invalid value: 60: must be less than or equal to previous value',
    ],
    [
      'take the deadline away',
      pod({ activeDeadlineSeconds: 30 }),
      pod(),
      'spec.activeDeadlineSeconds: Invalid value: "null": must not update from a positive integer to nil value',
    ],
    [
      'take tolerations away',
      pod({ tolerations: [toleration] }),
      pod(),
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ],
    [
      'close gates',
      pod(),
      pod({ schedulingGates: [{ name: 'a' }] }),
      "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a'",
    ],
  ])('%s', (_, before, after, error) => {
    expect(updateProblems('Pod', before, after)).toEqual([error]);
  });

  test.each<[string, Part, Part, string]>([
    ['the node', pod(), pod({ nodeName: 'n1' }), '+ \tnodeName: "n1"'],
    [
      'the environment',
      pod(),
      pod({ containers: [container({ env: [{ name: 'A', value: '1' }] })] }),
      '+ \tcontainers[0].env: [{"name":"A","value":"1"}]',
    ],
    ['the host name', pod({ hostname: 'a' }), pod({ hostname: 'b' }), '- \thostname: "a"\n+ \thostname: "b"'],
    [
      'resources',
      pod(),
      pod({ containers: [container({ resources: { requests: { cpu: '1' } } })] }),
      '+ \tcontainers[0].resources.requests: {"cpu":"1"}',
    ],
    ['ephemeral containers', pod(), pod({ ephemeralContainers: [container({ name: 'debug' })] }), '+ \tephemeralContainers: '],
  ])('change %s', (_, before, after, change) => {
    const [error, ...others] = updateProblems('Pod', before, after);
    expect(others).toEqual([]);
    expect(error).toContain(`${IMMUTABLE}\n${change}`);
  });
});

describe('by its subresource', () => {
  test('a binding names the node', () => {
    expect(updateProblems('Pod', pod(), pod({ nodeName: 'n1' }), 'binding')).toEqual([]);
  });

  test('ephemeral containers can be added', () => {
    const debugged = pod({ ephemeralContainers: [container({ name: 'debug' })] });
    expect(updateProblems('Pod', pod(), debugged, 'ephemeralcontainers')).toEqual([]);
    expect(updateProblems('Pod', debugged, pod(), 'ephemeralcontainers')).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n',
    ]);
  });

  const sized = (requests: Part): Part => pod({ containers: [container({ resources: { requests } })] });

  test('containers can be given more', () => {
    expect(updateProblems('Pod', sized({ cpu: '1' }), sized({ cpu: '2', memory: '1Gi' }), 'resize')).toEqual([]);
  });

  test('a resize changes nothing but cpu and memory', () => {
    expect(updateProblems('Pod', sized({ cpu: '1' }), sized({ cpu: '1', 'ephemeral-storage': '1Gi' }), 'resize')).toEqual([
      'spec: Forbidden: only cpu and memory resources are mutable',
    ]);
  });

  test('a resize keeps the pod in its class', () => {
    expect(updateProblems('Pod', pod(), sized({ cpu: '1' }), 'resize')).toEqual([
      'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
    ]);
  });

  test('a resize takes no request away', () => {
    expect(updateProblems('Pod', sized({ cpu: '1', memory: '1Gi' }), sized({ cpu: '1' }), 'resize')).toEqual([
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
    ]);
  });
});

describe('a status', () => {
  const state = (restartPolicy: string, terminated: Part | undefined): Pod =>
    read('Pod', {
      ...pod({ restartPolicy }),
      status: { containerStatuses: [{ name: 'c', state: terminated ? { terminated } : { running: {} } }] },
    });
  const errors = (restartPolicy: string, exitCode: number): string[] =>
    texts(kindOf('Pod').validateStatusUpdate?.(state(restartPolicy, undefined), state(restartPolicy, { exitCode })) ?? []);

  test.each<[string, number, string[]]>([
    ['Always', 0, []],
    ['OnFailure', 1, []],
    ['OnFailure', 0, ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state']],
    ['Never', 1, ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state']],
  ])('with restart policy %s, after exit code %i', (restartPolicy, exitCode, expected) => {
    expect(errors(restartPolicy, exitCode)).toEqual(expected);
  });
});
