import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RequestInfo, UserInfo } from '../types.ts';
import { auditLog, createAudit, readAuditPolicy, type AuditPolicy, type Level, type PolicyRule } from './index.ts';

const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups });
const info = (change: Partial<RequestInfo> = {}): RequestInfo => ({
  path: '/api/v1/namespaces/dev/pods/web',
  verb: 'get',
  isResource: true,
  group: '',
  version: 'v1',
  namespace: 'dev',
  resource: 'pods',
  subresource: '',
  name: 'web',
  ...change,
});
const policyOf = (...rules: PolicyRule[]): AuditPolicy => ({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules });
const now = (): Date => new Date('2026-01-02T03:04:05.678Z');

function collect(policy: AuditPolicy) {
  const events: Record<string, unknown>[] = [];
  const audit = createAudit(
    policy,
    { write: (event) => events.push(JSON.parse(JSON.stringify(event)) as Record<string, unknown>), close: async () => undefined },
    now,
  );
  const begin = (change: Partial<RequestInfo> = {}, by = user('alice')) =>
    audit({ info: info(change), user: by, uri: '/x?y=1', sourceIPs: ['192.0.2.1'], userAgent: 'kubectl', auditId: 'id-1' });
  return { events, begin };
}

describe('the audit policy', () => {
  it.each<[PolicyRule, Partial<RequestInfo>, UserInfo, boolean]>([
    [{ level: 'Metadata' }, {}, user('x'), true],
    [{ level: 'Metadata', users: ['alice'] }, {}, user('alice'), true],
    [{ level: 'Metadata', users: ['alice'] }, {}, user('bob'), false],
    [{ level: 'Metadata', userGroups: ['dev'] }, {}, user('bob', 'dev'), true],
    [{ level: 'Metadata', verbs: ['watch'] }, {}, user('x'), false],
    [{ level: 'Metadata', resources: [{ group: '', resources: ['pods'] }] }, {}, user('x'), true],
    [{ level: 'Metadata', resources: [{ group: '', resources: ['pods'] }] }, { subresource: 'log' }, user('x'), false],
    [{ level: 'Metadata', resources: [{ group: '', resources: ['pods/log'] }] }, { subresource: 'log' }, user('x'), true],
    [{ level: 'Metadata', resources: [{ group: '', resources: ['pods/*'] }] }, { subresource: 'log' }, user('x'), true],
    [{ level: 'Metadata', resources: [{ group: '', resources: ['*/log'] }] }, { subresource: 'log' }, user('x'), true],
    [{ level: 'Metadata', resources: [{ group: '', resources: ['pods'], resourceNames: ['other'] }] }, {}, user('x'), false],
    [{ level: 'Metadata', resources: [{ group: 'apps' }] }, {}, user('x'), false],
    [{ level: 'Metadata', namespaces: ['dev'] }, {}, user('x'), true],
    [{ level: 'Metadata', namespaces: [''] }, {}, user('x'), false],
    [{ level: 'Metadata', nonResourceURLs: ['/healthz*'] }, { isResource: false, path: '/healthz/etcd' }, user('x'), true],
    [{ level: 'Metadata', nonResourceURLs: ['/healthz'] }, {}, user('x'), false],
    [{ level: 'Metadata', resources: [{ group: '' }] }, { isResource: false, path: '/healthz' }, user('x'), false],
  ])('with rule %j takes a request %j of %j: %s', (rule, change, by, taken) => {
    expect(collect(policyOf(rule)).begin(change, by) !== undefined).toBe(taken);
  });

  it('is decided by the first rule that fits', () => {
    const { begin } = collect(policyOf({ level: 'None', users: ['alice'] }, { level: 'Metadata' }));
    expect(begin()).toBeUndefined();
    expect(begin({}, user('bob'))).toBeDefined();
  });
});

describe('an audit event', () => {
  it.each<[Level, object, object]>([
    ['Metadata', { requestObject: undefined }, { responseObject: undefined }],
    ['Request', { requestObject: { metadata: { name: 'web' } } }, { responseObject: undefined }],
    ['RequestResponse', { requestObject: { metadata: { name: 'web' } } }, { responseObject: { metadata: { name: 'web', uid: 'u' } } }],
  ])('of level %s tells this much', (level, request, response) => {
    const { events, begin } = collect(policyOf({ level, omitStages: ['RequestReceived'] }));
    const trail = begin({ verb: 'create', name: '' });
    trail?.requestObject({ metadata: { name: 'web' } });
    trail?.annotate('authorization.k8s.io/decision', 'allow');
    trail?.complete({ code: 201, object: { metadata: { name: 'web', uid: 'u' } } });
    const [event] = events;
    expect(events).toHaveLength(1);
    expect(event).toMatchObject({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level,
      auditID: 'id-1',
      stage: 'ResponseComplete',
      requestURI: '/x?y=1',
      verb: 'create',
      user: { username: 'alice', groups: [] },
      sourceIPs: ['192.0.2.1'],
      userAgent: 'kubectl',
      objectRef: { resource: 'pods', namespace: 'dev', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 201 },
      requestReceivedTimestamp: '2026-01-02T03:04:05.678000Z',
      stageTimestamp: '2026-01-02T03:04:05.678000Z',
      annotations: { 'authorization.k8s.io/decision': 'allow' },
    });
    expect(event?.['requestObject']).toEqual((request as { requestObject?: unknown }).requestObject);
    expect(event?.['responseObject']).toEqual((response as { responseObject?: unknown }).responseObject);
  });

  it('comes at every stage', () => {
    const { events, begin } = collect(policyOf({ level: 'Metadata' }));
    const trail = begin({ verb: 'watch' });
    trail?.started(200);
    trail?.complete({ code: 200 });
    expect(events.map(({ stage }) => stage)).toEqual(['RequestReceived', 'ResponseStarted', 'ResponseComplete']);
  });

  it('leaves managed fields out when told to', () => {
    const { events, begin } = collect(policyOf({ level: 'RequestResponse', omitManagedFields: true }));
    begin()?.complete({
      code: 200,
      object: { metadata: { name: 'a', managedFields: [{}] }, items: [{ metadata: { managedFields: [{}] } }] },
    });
    expect(events[1]?.['responseObject']).toEqual({ metadata: { name: 'a' }, items: [{ metadata: {} }] });
  });
});

describe('files', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'audit-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('get a line for each event and keep those of before', async () => {
    const path = join(dir, 'audit.log');
    for (const auditID of ['a', 'b']) {
      const log = auditLog(path, (error) => {
        throw error;
      });
      log.write({ auditID });
      await log.close();
    }
    expect(readFileSync(path, 'utf8')).toBe('{"auditID":"a"}\n{"auditID":"b"}\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['apiVersion: v1\nkind: Policy\n', 'it must be a Policy of audit.k8s.io/v1'],
    ['apiVersion: audit.k8s.io/v1\nkind: Policy\n', 'it has no rules'],
    ['apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Some\n', 'rules[0].level: "Some" is no level'],
    ['apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n  omitStages: [X]\n', 'rules[0].omitStages: "X" is no stage'],
  ])('with a policy such as %j are refused', async (text, why) => {
    const path = join(dir, 'policy.yaml');
    writeFileSync(path, text);
    await expect(readAuditPolicy(path)).rejects.toThrow(why);
  });
});
