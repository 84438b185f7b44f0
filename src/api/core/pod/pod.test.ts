import { describe, expect, test } from 'vitest';
import { kindOf, read, row, type Part } from '../core.fixture.ts';

const running = { state: { running: {} }, ready: true, restartCount: 0 };
const waiting = (reason: string, restartCount = 0): Part => ({ state: { waiting: { reason } }, ready: false, restartCount });
const ended = (exitCode: number, reason = ''): Part => ({ state: { terminated: { exitCode, reason } }, ready: false, restartCount: 0 });

interface States {
  phase?: string;
  containers?: Part[];
  init?: Part[];
  sidecars?: string[];
  metadata?: Part;
  status?: Part;
}

function podWith({ phase = 'Running', containers = [running], init = [], sidecars = [], metadata, status }: States): Part {
  const named = (states: Part[], prefix: string): Part[] => states.map((state, index) => ({ name: `${prefix}${index}`, ...state }));
  const declared = (states: Part[], prefix: string): Part[] =>
    named(states, prefix).map(({ name }) => ({ name, image: 'i', restartPolicy: sidecars.includes(String(name)) ? 'Always' : undefined }));
  return {
    metadata: { name: 'web', creationTimestamp: '2026-01-02T11:54:48Z', ...metadata },
    spec: { containers: declared(containers, 'c'), initContainers: declared(init, 'i') },
    status: { phase, containerStatuses: named(containers, 'c'), initContainerStatuses: named(init, 'i'), ...status },
  };
}

describe('the row of a pod', () => {
  test.each<[string, States, [ready: string, status: string, restarts: string]]>([
    ['that runs', {}, ['1/1', 'Running', '0']],
    ['that has just been made', { phase: 'Pending', containers: [] }, ['0/0', 'Pending', '0']],
    [
      'whose containers are being made',
      { phase: 'Pending', containers: [waiting('ContainerCreating')] },
      ['0/1', 'ContainerCreating', '0'],
    ],
    ['that crashes', { containers: [waiting('CrashLoopBackOff', 5)] }, ['0/1', 'CrashLoopBackOff', '5']],
    ['that is done', { phase: 'Succeeded', containers: [ended(0, 'Completed')] }, ['0/1', 'Completed', '0']],
    ['that failed without a reason', { phase: 'Failed', containers: [ended(3)] }, ['0/1', 'ExitCode:3', '0']],
    [
      'that was killed',
      { phase: 'Failed', containers: [{ ...ended(137), state: { terminated: { exitCode: 137, signal: 9 } } }] },
      ['0/1', 'Signal:9', '0'],
    ],
    ['of which one container is done', { containers: [ended(0, 'Completed'), running] }, ['1/2', 'NotReady', '0']],
    [
      'of which one container is done, but which is ready',
      { containers: [ended(0, 'Completed'), running], status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      ['1/2', 'Running', '0'],
    ],
    [
      'whose first init container waits',
      { phase: 'Pending', containers: [waiting('PodInitializing')], init: [waiting('PodInitializing'), waiting('PodInitializing')] },
      ['0/1', 'Init:0/2', '0'],
    ],
    [
      'whose second init container runs',
      { phase: 'Pending', containers: [waiting('PodInitializing')], init: [ended(0), { ...running, ready: false }] },
      ['0/1', 'Init:1/2', '0'],
    ],
    [
      'whose init container crashes',
      { phase: 'Pending', containers: [waiting('PodInitializing')], init: [waiting('CrashLoopBackOff', 2)] },
      ['0/1', 'Init:CrashLoopBackOff', '2'],
    ],
    [
      'whose init container failed',
      { phase: 'Pending', containers: [waiting('PodInitializing')], init: [ended(1, 'Error')] },
      ['0/1', 'Init:Error', '0'],
    ],
    [
      'whose init container failed without a reason',
      { phase: 'Pending', containers: [], init: [ended(1)] },
      ['0/0', 'Init:ExitCode:1', '0'],
    ],
    ['with a sidecar', { init: [{ ...running, started: true }], sidecars: ['i0'] }, ['2/2', 'Running', '0']],
    ['that is being deleted', { metadata: { deletionTimestamp: '2026-01-02T12:00:30Z' } }, ['1/1', 'Terminating', '0']],
    [
      'that is done and being deleted',
      { phase: 'Succeeded', containers: [ended(0, 'Completed')], metadata: { deletionTimestamp: '2026-01-02T12:00:30Z' } },
      ['0/1', 'Completed', '0'],
    ],
    [
      'on a node that is lost',
      { metadata: { deletionTimestamp: '2026-01-02T12:00:30Z' }, status: { reason: 'NodeLost' } },
      ['1/1', 'Unknown', '0'],
    ],
    ['that was evicted', { phase: 'Failed', containers: [], status: { reason: 'Evicted' } }, ['0/0', 'Evicted', '0']],
    [
      'that waits for its gates',
      { phase: 'Pending', containers: [], status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] } },
      ['0/0', 'SchedulingGated', '0'],
    ],
    [
      'that restarted five minutes ago',
      { containers: [{ ...running, restartCount: 3, lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-02T11:54:48Z' } } }] },
      ['1/1', 'Running', '3 (5m12s ago)'],
    ],
  ])('%s', (_, states, expected) => {
    expect(row('Pod', podWith(states)).slice(1, 4)).toEqual(expected);
  });

  test('has name and age, and the rest when wide', () => {
    const pod = podWith({ status: { podIPs: [{ ip: '10.244.0.5' }] } });
    Object.assign(pod['spec'] as Part, { nodeName: 'n1', readinessGates: [{ conditionType: 'example.com/lb' }] });
    expect(row('Pod', pod)).toEqual(['web', '1/1', 'Running', '0', '5m12s', '10.244.0.5', 'n1', '<none>', '0/1']);
  });

  test('has a cell for every column', () => {
    expect(kindOf('Pod').columns).toHaveLength(row('Pod', podWith({})).length);
  });
});

describe('the grace of a deletion', () => {
  const grace = (pod: Part): number | undefined => kindOf('Pod').gracePeriod?.(read('Pod', pod));
  const spec = { containers: [], nodeName: 'n1' };

  test.each<[string, Part, number]>([
    ['is the pod’s own', { spec: { ...spec, terminationGracePeriodSeconds: 5 }, status: { phase: 'Running' } }, 5],
    ['is thirty seconds if it says nothing', { spec, status: { phase: 'Running' } }, 30],
    ['is none before a node has it', { spec: { containers: [] }, status: { phase: 'Pending' } }, 0],
    ['is none when it has ended', { spec, status: { phase: 'Succeeded' } }, 0],
    ['is none when it has failed', { spec, status: { phase: 'Failed' } }, 0],
  ])('%s', (_, pod, seconds) => {
    expect(grace(pod)).toBe(seconds);
  });
});

test('pods can be selected by their fields', () => {
  const pod = read('Pod', { spec: { containers: [], nodeName: 'n1' }, status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }] } });
  const fields = Object.fromEntries(Object.entries(kindOf('Pod').selectableFields ?? {}).map(([name, of]) => [name, of(pod)]));
  expect(fields).toEqual({
    'spec.nodeName': 'n1',
    'spec.restartPolicy': 'Always',
    'spec.schedulerName': 'default-scheduler',
    'spec.serviceAccountName': '',
    'spec.hostNetwork': 'false',
    'status.phase': 'Running',
    'status.podIP': '10.0.0.1',
    'status.nominatedNodeName': '',
  });
});
