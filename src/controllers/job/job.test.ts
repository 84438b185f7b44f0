import type { Job } from '#api/generated/batch-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { timestamp } from '#apimachinery';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startTTLAfterFinishedController } from '../ttl-after-finished/index.ts';
import { formatIndexes, parseIndexes } from './index-set.ts';
import { startJobController } from './index.ts';

let cluster: TestCluster;
beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z') }));
afterEach(() => {
  cluster?.stop();
  vi.useRealTimers();
});

const labels = { 'batch.kubernetes.io/controller-uid': 'job-1' };
function job(spec: Partial<Job['spec']> = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'pi', namespace: 'default', uid: 'job-1' },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      selector: { matchLabels: labels },
      template: {
        metadata: { name: '', labels },
        spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } as unknown as Pod['spec'],
      },
      ...spec,
    },
    status: {},
  };
}

const start = async (object: Job) => (cluster = await testCluster([object], [startJobController, startTTLAfterFinishedController]));
const status = () => cluster.list(resources.jobs)[0]!.status;
const pods = () => cluster.list(resources.pods);
const running = () => pods().filter((pod) => !['Succeeded', 'Failed'].includes(pod.status.phase ?? '') && !pod.metadata.deletionTimestamp);
const conditions = () => (status().conditions ?? []).map(({ type, status: value, reason }) => `${type}=${value} ${reason}`);

async function end(pod: Pod, phase: 'Succeeded' | 'Failed', exitCode = phase === 'Failed' ? 1 : 0): Promise<void> {
  const terminated = { exitCode, finishedAt: timestamp() };
  const body = { status: { phase, containerStatuses: [{ name: 'c', restartCount: 0, state: { terminated } }] } };
  await cluster.client.resource(resources.pods).patch(pod.metadata, 'merge', body, { subresource: 'status' });
  await cluster.settle();
}

test('a Job runs a pod, counts its success once and completes', async () => {
  await start(job());
  expect(pods()[0]!.metadata.finalizers).toEqual(['batch.kubernetes.io/job-tracking']);
  expect(status()).toMatchObject({ active: 1, startTime: '2026-01-02T03:04:05Z' });
  await end(pods()[0]!, 'Succeeded');
  expect(status()).toMatchObject({ succeeded: 1, uncountedTerminatedPods: {}, ready: 0, terminating: 0 });
  expect(status().active).toBeUndefined();
  expect(conditions()).toEqual(['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached']);
  expect(status().completionTime).toBeDefined();
  expect(pods()[0]!.metadata.finalizers).toBeUndefined();
  expect(cluster.events()).toContain('Normal Completed Job completed');
});

test('parallelism and completions: never more at once, never more than needed', async () => {
  await start(job({ parallelism: 2, completions: 3 }));
  expect(running()).toHaveLength(2);
  await end(running()[0]!, 'Succeeded');
  expect(running()).toHaveLength(2);
  await end(running()[0]!, 'Succeeded');
  expect(running()).toHaveLength(1);
  await end(running()[0]!, 'Succeeded');
  expect(conditions()).toContain('Complete=True CompletionsReached');
  expect(status().succeeded).toBe(3);
});

test('a failed pod is replaced after ten seconds, then twenty, up to the limit', async () => {
  await start(job({ backoffLimit: 2 }));
  await end(running()[0]!, 'Failed');
  await cluster.settle(9_000);
  expect(running()).toHaveLength(0);
  await cluster.settle(2_000);
  expect(running()).toHaveLength(1);
  await end(running()[0]!, 'Failed');
  await cluster.settle(15_000);
  expect(running()).toHaveLength(0);
  await cluster.settle(6_000);
  await end(running()[0]!, 'Failed');
  expect(conditions()).toEqual(['FailureTarget=True BackoffLimitExceeded', 'Failed=True BackoffLimitExceeded']);
  expect(status().conditions![1]!.message).toBe('Job has reached the specified backoff limit');
  expect(status().failed).toBe(3);
  expect(cluster.events()).toContain('Warning BackoffLimitExceeded Job has reached the specified backoff limit');
});

test('a deadline ends the Job and its pods', async () => {
  await start(job({ activeDeadlineSeconds: 30 }));
  await cluster.settle(31_000);
  expect(running()).toHaveLength(0);
  expect(conditions()).toContain('Failed=True DeadlineExceeded');
});

test('a suspended Job has no pods and starts anew when it is resumed', async () => {
  await start(job({ suspend: true }));
  expect(pods()).toEqual([]);
  expect(conditions()).toEqual(['Suspended=True JobSuspended']);
  await cluster.client.resource(resources.jobs).patch({ name: 'pi', namespace: 'default' }, 'merge', { spec: { suspend: false } });
  await cluster.settle();
  expect(running()).toHaveLength(1);
  expect(conditions()).toEqual(['Suspended=False JobResumed']);
});

test('an indexed Job runs each index until it succeeds', async () => {
  await start(job({ completionMode: 'Indexed', completions: 3, parallelism: 3 }));
  const byIndex = (index: number) =>
    running().find(({ metadata }) => metadata.annotations!['batch.kubernetes.io/job-completion-index'] === String(index))!;
  expect(byIndex(1).spec).toMatchObject({ hostname: 'pi-1', containers: [{ env: [{ name: 'JOB_COMPLETION_INDEX' }] }] });
  await end(byIndex(0), 'Succeeded');
  await end(byIndex(2), 'Succeeded');
  expect(status()).toMatchObject({ completedIndexes: '0,2', succeeded: 2 });
  await end(byIndex(1), 'Failed');
  await cluster.settle(11_000);
  await end(byIndex(1), 'Succeeded');
  expect(status()).toMatchObject({ completedIndexes: '0-2', succeeded: 3, failed: 1 });
  expect(conditions()).toContain('Complete=True CompletionsReached');
});

test('with backoffLimitPerIndex an index may fail while the others go on', async () => {
  await start(job({ completionMode: 'Indexed', completions: 2, parallelism: 2, backoffLimitPerIndex: 0, backoffLimit: 2147483647 }));
  await end(running()[0]!, 'Failed');
  expect(status()).toMatchObject({ failedIndexes: '0' });
  await end(running()[0]!, 'Succeeded');
  expect(conditions()).toContain('Failed=True FailedIndexes');
});

test.each([
  ['FailJob', ['FailureTarget=True PodFailurePolicy', 'Failed=True PodFailurePolicy'], 1],
  ['Ignore', [], undefined],
])('the failure policy %s', async (action, expected, failed) => {
  await start(job({ podFailurePolicy: { rules: [{ action, onExitCodes: { operator: 'In', values: [42] } }] } }));
  await end(running()[0]!, 'Failed', 42);
  expect(conditions()).toEqual(expected);
  expect(status().failed).toBe(failed);
});

test('a success policy ends the Job early', async () => {
  await start(job({ completionMode: 'Indexed', completions: 3, parallelism: 3, successPolicy: { rules: [{ succeededIndexes: '0' }] } }));
  await end(running()[0]!, 'Succeeded');
  expect(conditions()[0]).toBe('SuccessCriteriaMet=True SuccessPolicy');
  await cluster.settle();
  expect(conditions()).toContain('Complete=True SuccessPolicy');
});

test('a finished Job goes after ttlSecondsAfterFinished', async () => {
  await start(job({ ttlSecondsAfterFinished: 60 }));
  await end(running()[0]!, 'Succeeded');
  await cluster.settle(58_000);
  expect(cluster.list(resources.jobs)[0]!.metadata.deletionTimestamp).toBeUndefined();
  await cluster.settle(3_000);
  expect(cluster.list(resources.jobs)[0]?.metadata.deletionTimestamp).toBeDefined();
});

test.each([
  ['0', [0]],
  ['0,1', [0, 1]],
  ['0-2', [0, 1, 2]],
  ['1,3-5,7,8', [1, 3, 4, 5, 7, 8]],
])('indexes %s', (text, indexes) => {
  expect(formatIndexes(indexes)).toBe(text);
  expect([...parseIndexes(text, 100)]).toEqual(indexes);
});
