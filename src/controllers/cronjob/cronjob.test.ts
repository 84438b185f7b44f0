import type { CronJob } from '#api/generated/batch-v1.ts';
import { resources } from '#client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startCronJobController } from './index.ts';
import { Schedule } from './schedule.ts';

let cluster: TestCluster | undefined;
beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z') }));
afterEach(() => {
  cluster?.stop();
  vi.useRealTimers();
});

test.each([
  ['* * * * *', 'UTC', '2026-01-02T03:05:00Z'],
  ['*/15 * * * *', 'UTC', '2026-01-02T03:15:00Z'],
  ['0 0 * * *', 'UTC', '2026-01-03T00:00:00Z'],
  ['30 8-18/2 * * 1-5', 'UTC', '2026-01-02T08:30:00Z'],
  ['0 12 * * sun', 'UTC', '2026-01-04T12:00:00Z'],
  ['0 0 13 * 5', 'UTC', '2026-01-09T00:00:00Z'],
  ['0 0 29 2 *', 'UTC', '2028-02-29T00:00:00Z'],
  ['0 0 1 jan ?', 'UTC', '2027-01-01T00:00:00Z'],
  ['@hourly', 'UTC', '2026-01-02T04:00:00Z'],
  ['@yearly', 'UTC', '2027-01-01T00:00:00Z'],
  ['0 9 * * *', 'Europe/Berlin', '2026-01-02T08:00:00Z'],
  ['0 9 * * *', 'America/New_York', '2026-01-02T14:00:00Z'],
  ['0 0 31 2 *', 'UTC', undefined],
])('after 03:04 on 2 January 2026, %s in %s comes at %s', (text, zone, expected) => {
  const next = new Schedule(text).next(Date.now(), zone);
  expect(next && new Date(next).toISOString().replace('.000', '')).toBe(expected);
});

test('an hour that the clocks skip does not come, and the time after it is right', () => {
  const schedule = new Schedule('30 2 * * *');
  const next = schedule.next(Date.parse('2026-03-28T12:00:00Z'), 'Europe/Berlin')!;
  expect(new Date(next).toISOString()).toBe('2026-03-30T00:30:00.000Z');
});

test.each(['* * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '*/0 * * * *', 'a * * * *', '5-1 * * * *'])('%s is no schedule', (text) => {
  expect(() => new Schedule(text)).toThrow(Error);
});

function cronJob(spec: Partial<CronJob['spec']> = {}): CronJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick', namespace: 'default', uid: 'cj-1', creationTimestamp: '2026-01-02T03:04:05Z' },
    spec: {
      schedule: '* * * * *',
      concurrencyPolicy: 'Allow',
      successfulJobsHistoryLimit: 2,
      failedJobsHistoryLimit: 1,
      jobTemplate: { metadata: { name: '', labels: { a: 'b' } }, spec: { template: { metadata: { name: '' } } } },
      ...spec,
    } as CronJob['spec'],
    status: {},
  };
}
const start = async (object: CronJob) => (cluster = await testCluster([object], [startCronJobController]));
const jobs = () => cluster!.list(resources.jobs).filter(({ metadata }) => !metadata.deletionTimestamp);
const status = () => cluster!.list(resources.cronJobs)[0]!.status;
const finish = async (name: string, type: 'Complete' | 'Failed' = 'Complete') => {
  const body = {
    status: { startTime: new Date().toISOString(), completionTime: '2026-01-02T03:06:00Z', conditions: [{ type, status: 'True' }] },
  };
  await cluster!.client.resource(resources.jobs).patch({ name, namespace: 'default' }, 'merge', body, { subresource: 'status' });
  await cluster!.settle();
};

test('a Job starts each minute, named after it', async () => {
  await start(cronJob());
  expect(jobs()).toEqual([]);
  await cluster!.settle(56_000);
  const name = `tick-${Date.parse('2026-01-02T03:05:00Z') / 60_000}`;
  expect(jobs()[0]!.metadata).toMatchObject({
    name,
    labels: { a: 'b' },
    annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-02T03:05:00Z' },
    ownerReferences: [{ kind: 'CronJob', uid: 'cj-1', controller: true }],
  });
  expect(status()).toMatchObject({ lastScheduleTime: '2026-01-02T03:05:00Z', active: [{ kind: 'Job', name }] });
  expect(cluster!.events()).toContain(`Normal SuccessfulCreate Created job ${name}`);
  await cluster!.settle(60_000);
  expect(jobs()).toHaveLength(2);
  await finish(name);
  expect(status().active).toHaveLength(1);
  expect(status().lastSuccessfulTime).toBe('2026-01-02T03:06:00Z');
  expect(cluster!.events()).toContain(`Normal SawCompletedJob Saw completed job: ${name}, condition: Complete`);
});

test.each([
  ['Forbid', 1, 'Normal JobAlreadyActive Not starting job because prior execution is running and concurrency policy is Forbid'],
  ['Replace', 1, 'Normal SuccessfulDelete Deleted job tick-29455385'],
  ['Allow', 2, 'Normal SuccessfulCreate Created job tick-29455386'],
])('with policy %s, %i runs at the same time', async (concurrencyPolicy, count, event) => {
  await start(cronJob({ concurrencyPolicy }));
  await cluster!.settle(120_000);
  expect(jobs()).toHaveLength(count);
  expect(cluster!.events()).toContain(event);
});

test('a suspended CronJob starts nothing', async () => {
  await start(cronJob({ suspend: true }));
  await cluster!.settle(120_000);
  expect(jobs()).toEqual([]);
});

test('old runs are deleted beyond the limits', async () => {
  await start(cronJob());
  for (let minute = 0; minute < 4; minute++) {
    await cluster!.settle(60_000);
    for (const job of jobs()) if (!job.status.conditions) await finish(job.metadata.name);
  }
  expect(jobs()).toHaveLength(2);
});

test('after a long pause only the latest missed run is made up for', async () => {
  const paused = cronJob();
  paused.metadata.creationTimestamp = '2025-12-01T00:00:00Z';
  await start(paused);
  expect(jobs().map(({ metadata }) => metadata.name)).toEqual([`tick-${Date.parse('2026-01-02T03:04:00Z') / 60_000}`]);
  expect(cluster!.events().some((event) => event.startsWith('Warning TooManyMissedTimes'))).toBe(true);
});

test('a run that is past its starting deadline is left out', async () => {
  const late = cronJob({ schedule: '0 3 * * *', startingDeadlineSeconds: 60 });
  late.metadata.creationTimestamp = '2026-01-01T00:00:00Z';
  await start(late);
  expect(jobs()).toEqual([]);
});
