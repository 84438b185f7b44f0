import { describe, expect, it } from 'vitest';
import { created, errorsOf, inVersion, rowOf, UID, updateErrorsOf, type Manifest } from '../kinds.fixture.ts';
import { parseCronSchedule } from './cron-schedule.ts';
import type { CronJob, Job } from '../generated/batch-v1.ts';

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'pi', image: 'perl' }] } };
const job = (spec: object = {}): Manifest => ({ apiVersion: 'batch/v1', kind: 'Job', spec: { template, ...spec } });
const cronJob = (spec: object = {}, apiVersion = 'batch/v1'): Manifest => ({
  apiVersion,
  kind: 'CronJob',
  spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template } }, ...spec },
});

describe('a Job', () => {
  it("gets upstream's defaults and a selector of its own", () => {
    const { spec, metadata } = created<Job>(job());
    const labels = {
      'batch.kubernetes.io/controller-uid': UID,
      'batch.kubernetes.io/job-name': 'a',
      'controller-uid': UID,
      'job-name': 'a',
    };
    expect(spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': UID } },
    });
    expect(spec.template.metadata.labels).toEqual(labels);
    expect(metadata.labels).toEqual(labels);
    expect(errorsOf(job())).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      'pods that go on for ever',
      { template: { spec: { ...template.spec, restartPolicy: 'Always' } } },
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    ["a selector of the client's", { selector: { matchLabels: { a: 'b' } } }, '`selector` not auto-generated'],
    [
      'indexes without a number',
      { completionMode: 'Indexed', parallelism: 2 },
      'spec.completions: Required value: when completion mode is Indexed',
    ],
    [
      'limits by index without indexes',
      { backoffLimitPerIndex: 1 },
      'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
    ],
    [
      'a negative deadline',
      { activeDeadlineSeconds: -1 },
      'spec.activeDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'an exit code twice',
      { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1, 1] } }] } },
      'spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Duplicate value: 1',
    ],
    [
      'success as a failure',
      { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [0] } }] } },
      'spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
    ],
    ['success without indexes', { successPolicy: { rules: [{ succeededCount: 1 }] } }, 'requires indexed completion mode'],
  ])('is refused with %s', (_, spec, error) => {
    expect(errorsOf(job(spec)).join('\n')).toContain(error);
  });

  it('stays as it is, but for a few fields', () => {
    const errors = (change: (object: Job) => void, spec?: object) => updateErrorsOf<Job>(job(spec), change);
    expect(errors(({ spec }) => void (spec.parallelism = 3))).toEqual([]);
    expect(errors(({ spec }) => void (spec.completions = 3))).toEqual(['spec.completions: Invalid value: 3: field is immutable']);
    const image = ({ spec }: Job) => void (spec.template.spec.containers[0]!.image = 'x');
    expect(errors(image)[0]).toMatch(/^spec.template: Invalid value: .*: field is immutable$/);
    const node = ({ spec }: Job) => void (spec.template.spec.nodeSelector = { disk: 'ssd' });
    expect(errors(node)).toHaveLength(1);
    expect(errors(node, { suspend: true })).toEqual([]);
  });

  it.each<[string, object, object, object]>([
    ['running', {}, { succeeded: 0, startTime: '2026-01-02T03:03:05Z' }, { Status: 'Running', Completions: '0/1', Duration: '60s' }],
    [
      'complete',
      {},
      {
        succeeded: 1,
        startTime: '2026-01-02T03:03:05Z',
        completionTime: '2026-01-02T03:03:10Z',
        conditions: [{ type: 'Complete', status: 'True' }],
      },
      { Status: 'Complete', Completions: '1/1', Duration: '5s' },
    ],
    [
      'suspended',
      { completions: 3 },
      { conditions: [{ type: 'Suspended', status: 'True' }] },
      { Status: 'Suspended', Completions: '0/3', Duration: '' },
    ],
    ['a work queue', { parallelism: 2 }, {}, { Completions: '0/1 of 2' }],
  ])('prints as kubectl shows it: %s', (_, spec, status, row) => {
    const object = { ...created<Job>(job(spec)), status };
    expect(rowOf(object)).toMatchObject(row);
  });
});

describe('a CronJob', () => {
  it("gets upstream's defaults", () => {
    expect(created<CronJob>(cronJob()).spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
  });

  it.each<[string, object, string]>([
    ['a field too few', { schedule: '* * * *' }, 'spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
    [
      'a minute too late',
      { schedule: '61 * * * *' },
      'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61',
    ],
    ['no schedule', { schedule: '' }, 'spec.schedule: Required value'],
    [
      'the zone in the schedule',
      { schedule: 'TZ=UTC 0 * * * *' },
      'spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
    [
      'a zone that there is not',
      { timeZone: 'Mars/Olympus' },
      'spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus',
    ],
    [
      'the zone of the machine',
      { timeZone: 'Local' },
      'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    ],
    [
      'a policy that there is not',
      { concurrencyPolicy: 'Never' },
      'spec.concurrencyPolicy: Unsupported value: "Never": supported values: "Allow", "Forbid", "Replace"',
    ],
  ])('is refused with %s', (_, spec, error) => {
    expect(errorsOf(cronJob(spec))).toEqual([error]);
  });

  it('is refused with a name that leaves its jobs no room', () => {
    const manifest = { ...cronJob(), metadata: { name: 'x'.repeat(53) } };
    expect(errorsOf(manifest)[0]).toMatch(/must be no more than 52 characters$/);
  });

  it('prints as kubectl shows it', () => {
    const object = created<CronJob>(cronJob());
    object.status = { lastScheduleTime: '2026-01-02T03:04:00Z', active: [{}] };
    expect(rowOf(object)).toMatchObject({
      Schedule: '*/5 * * * *',
      Timezone: '<none>',
      Suspend: 'False',
      Active: 1,
      'Last Schedule': '5s',
      Age: '4m5s',
      Containers: 'pi',
      Selector: '<none>',
    });
  });

  it('is the same in batch/v1beta1', () => {
    const stored = created<CronJob>(cronJob({}, 'batch/v1beta1'));
    expect(stored.apiVersion).toBe('batch/v1');
    expect(inVersion(stored, 'batch/v1beta1')).toEqual({ ...stored, apiVersion: 'batch/v1beta1' });
  });
});

describe('a schedule', () => {
  it.each([
    ['0 9-17/4 * * mon-fri', { minutes: [0], hours: [9, 13, 17], daysOfWeek: [1, 2, 3, 4, 5] }],
    ['@weekly', { minutes: [0], hours: [0], daysOfWeek: [0] }],
    ['5/20 1,2 * jan ?', { minutes: [5, 25, 45], hours: [1, 2], months: [1] }],
  ])('reads %s', (text, expected) => {
    const schedule = parseCronSchedule(text);
    for (const [field, values] of Object.entries(expected)) expect([...schedule[field as 'hours']]).toEqual(values);
  });

  it('matches either day where both are named', () => {
    expect(parseCronSchedule('0 0 13 * 5').eitherDay).toBe(true);
    expect(parseCronSchedule('0 0 13 * *').eitherDay).toBe(false);
  });

  it('reads intervals', () => {
    expect(parseCronSchedule('@every 1h30m').everySeconds).toBe(5400);
  });

  it.each([
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['a * * * *', 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['@often', 'unrecognized descriptor: @often'],
  ])('refuses %s', (text, message) => {
    expect(() => parseCronSchedule(text)).toThrow(message);
  });
});
