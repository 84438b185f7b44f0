import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FlowSchema, PriorityLevelConfiguration } from '#api/generated/flowcontrol-v1.ts';
import { isTooManyRequests, type StatusError } from '#apimachinery';
import { requestInfoOf } from '../http/request-info.ts';
import type { UserInfo } from '../types.ts';
import { MANDATORY_LEVELS, MANDATORY_SCHEMAS, SUGGESTED_LEVELS, SUGGESTED_SCHEMAS } from './default-objects.ts';
import { FlowControl, type Arrival, type Leave } from './index.ts';

const named = <T extends { metadata: { name: string } }>(objects: readonly T[]): T[] =>
  objects.map((object) => ({ ...object, metadata: { ...object.metadata, uid: object.metadata.name } }));

const SCHEMAS = named([...MANDATORY_SCHEMAS, ...SUGGESTED_SCHEMAS]);
const LEVELS = named([...MANDATORY_LEVELS, ...SUGGESTED_LEVELS]);

const person = (name: string, ...groups: string[]): UserInfo => ({ name, groups: [...groups, 'system:authenticated'] });
const account = (namespace: string, name: string): UserInfo =>
  person(`system:serviceaccount:${namespace}:${name}`, 'system:serviceaccounts', `system:serviceaccounts:${namespace}`);
const node = person('system:node:n1', 'system:nodes');
const flooder = account('shop', 'flooder');

const GET_PODS = 'GET /api/v1/namespaces/shop/pods/p';

interface Entered {
  label: string;
  state: 'waiting' | 'in' | 'refused';
  error?: unknown;
  leave: Leave;
}

/** Flow control whose clock and event loop are turned by hand. */
class Gate {
  readonly control: FlowControl;
  now = 0;
  count = 0;
  /** In the order in which they were let in. */
  readonly admitted: string[] = [];
  #turns: (() => void)[] = [];

  constructor({
    total = 600,
    schemas = SCHEMAS,
    levels = LEVELS,
  }: { total?: number; schemas?: FlowSchema[]; levels?: PriorityLevelConfiguration[] } = {}) {
    this.control = new FlowControl({
      total,
      countOf: () => this.count,
      now: () => this.now,
      nextTurn: (callback) => this.#turns.push(callback),
    });
    this.control.configure(schemas, levels);
    this.turn();
  }

  get hasTurn(): boolean {
    return this.#turns.length > 0;
  }

  turn(): void {
    for (const callback of this.#turns.splice(0)) callback();
  }

  arrive(label: string, user: UserInfo, request = GET_PODS, socket = { destroyed: false }): Entered {
    const entered: Entered = { label, state: 'waiting', leave: () => undefined };
    const admit = (leave: Leave): void => {
      Object.assign(entered, { state: 'in', leave });
      this.admitted.push(label);
    };
    const refuse = (error: unknown): void => void Object.assign(entered, { state: 'refused', error });
    try {
      const entering = this.control.enter(arrival(user, request, socket));
      if (entering instanceof Promise) entering.then(admit, refuse);
      else admit(entering);
    } catch (error) {
      refuse(error);
    }
    return entered;
  }

  /** Turns until nobody is let in any more. */
  async settle(): Promise<void> {
    while (this.hasTurn) {
      this.turn();
      await settled();
    }
  }

  /** The same; whoever is leaves at the end of the turn. */
  async drain(entered: readonly Entered[]): Promise<void> {
    while (this.hasTurn) {
      this.turn();
      await settled();
      this.now += 5;
      for (const one of entered) if (one.state === 'in') leave(one);
    }
  }

  metric(name: string, ...labels: string[]): number {
    const lines = [...this.control.metrics()].filter(
      (line) => line.startsWith(`apiserver_flowcontrol_${name}{`) && labels.every((label) => line.includes(label)),
    );
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }
}

function leave(entered: Entered): void {
  entered.leave();
  entered.leave = () => undefined;
}

function arrival(user: UserInfo, request: string, socket = { destroyed: false }): Arrival {
  const [method = '', url = ''] = request.split(' ');
  const [path = '', query = ''] = url.split('?');
  const parameters = new URLSearchParams(query);
  return { info: requestInfoOf(method, path, parameters.get('watch') === 'true'), user, query: parameters, request: { socket } };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

describe('classification', () => {
  it.each<[string, UserInfo, string, string, string]>([
    ['an administrator', person('admin', 'system:masters'), GET_PODS, 'exempt', 'exempt'],
    ['a probe of anybody', { name: 'system:anonymous', groups: ['system:unauthenticated'] }, 'GET /readyz', 'probes', 'exempt'],
    ['a path beside the probes', person('eve'), 'GET /readyz/etcd', 'global-default', 'global-default'],
    ["a node's heartbeat", node, 'PUT /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1', 'system-node-high', 'node-high'],
    ["a node's status", node, 'PATCH /api/v1/nodes/n1/status', 'system-node-high', 'node-high'],
    ["a node's pods", node, 'GET /api/v1/pods', 'system-nodes', 'system'],
    [
      'the election of a scheduler',
      person('system:kube-scheduler'),
      'PUT /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler',
      'system-leader-election',
      'leader-election',
    ],
    [
      'a binding of the scheduler',
      person('system:kube-scheduler'),
      'POST /api/v1/namespaces/shop/pods/p/binding',
      'kube-scheduler',
      'workload-high',
    ],
    [
      'the controller manager’s endpoints',
      person('system:kube-controller-manager'),
      'PUT /api/v1/namespaces/shop/endpoints/e',
      'endpoint-controller',
      'workload-high',
    ],
    [
      'a controller that was elected by a config map',
      account('kube-system', 'old'),
      'GET /api/v1/namespaces/kube-system/configmaps/c',
      'workload-leader-election',
      'leader-election',
    ],
    ['a system account', account('kube-system', 'coredns'), 'GET /api/v1/pods', 'kube-system-service-accounts', 'workload-high'],
    ['an account', flooder, GET_PODS, 'service-accounts', 'workload-low'],
    ['a person', person('eve'), GET_PODS, 'global-default', 'global-default'],
    ['somebody without any group', { name: 'x', groups: [] }, GET_PODS, 'catch-all', 'catch-all'],
  ])('%s', (_, user, request, schema, level) => {
    const arriving = arrival(user, request);
    void new Gate().control.enter(arriving);
    expect(arriving.flow).toEqual({ 'x-kubernetes-pf-flowschema-uid': schema, 'x-kubernetes-pf-prioritylevel-uid': level });
  });

  it('follows changes at once, and leaves out schemas whose level does not exist', () => {
    const gate = new Gate();
    const own = (level: string): FlowSchema => ({
      metadata: { name: 'own', uid: 'own' },
      spec: {
        matchingPrecedence: 50,
        priorityLevelConfiguration: { name: level },
        rules: [
          {
            subjects: [{ kind: 'User', user: { name: 'eve' } }],
            resourceRules: [{ verbs: ['get'], apiGroups: ['*'], resources: ['pods/log'], namespaces: ['shop'] }],
          },
        ],
      },
      status: {},
    });
    const classify = (path: string): string | undefined => {
      const arriving = arrival(person('eve'), `GET ${path}`);
      void gate.control.enter(arriving);
      return arriving.flow?.['x-kubernetes-pf-flowschema-uid'];
    };
    const log = '/api/v1/namespaces/shop/pods/p/log';
    expect(classify(log)).toBe('global-default');
    gate.control.configure([...SCHEMAS, own('no-such-level')], LEVELS);
    expect(classify(log)).toBe('global-default');
    gate.control.configure([...SCHEMAS, own('system')], LEVELS);
    expect([classify(log), classify('/api/v1/namespaces/shop/pods/p'), classify('/api/v1/namespaces/other/pods/p/log')]).toEqual([
      'own',
      'global-default',
      'global-default',
    ]);
  });

  it('does without any object but the mandatory ones', () => {
    const arriving = arrival(person('eve'), GET_PODS);
    void new Gate({ schemas: [], levels: [] }).control.enter(arriving);
    expect(arriving.flow).toBeDefined();
  });
});

describe('seats', () => {
  it('are divided by the shares', () => {
    const gate = new Gate();
    const seats = Object.fromEntries(LEVELS.map(({ metadata: { name } }) => [name, gate.metric('nominal_limit_seats', `"${name}"`)]));
    expect(seats).toEqual({
      exempt: 0,
      'catch-all': 13,
      system: 74,
      'node-high': 98,
      'leader-election': 25,
      'workload-high': 98,
      'workload-low': 245,
      'global-default': 49,
    });
    expect(gate.metric('lower_limit_seats', '"workload-high"')).toBe(49);
    expect(gate.metric('lower_limit_seats', '"leader-election"')).toBe(25);
  });

  it('are lent to who needs them, but for what each level keeps for itself', async () => {
    const gate = new Gate({ total: 60 });
    const flood = Array.from({ length: 100 }, (_, i) => gate.arrive(`flood ${i}`, flooder));
    await gate.settle();
    const lent = LEVELS.reduce(
      (sum, { metadata: { name } }) =>
        sum + gate.metric('nominal_limit_seats', `"${name}"`) - gate.metric('lower_limit_seats', `"${name}"`),
      0,
    );
    expect(flood.filter(({ state }) => state === 'in')).toHaveLength(gate.metric('lower_limit_seats', '"workload-low"') + lent);
    // Others have what is their own at once.
    expect(gate.arrive('node', node, 'PUT /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1').state).toBe('in');
  });

  it('that were lent go back to the lender first', async () => {
    const gate = new Gate({ total: 60 });
    const flood = Array.from({ length: 100 }, (_, i) => gate.arrive(`flood ${i}`, flooder));
    await gate.settle();
    const others = Array.from({ length: 6 }, (_, i) => gate.arrive(`eve ${i}`, person('eve')));
    await gate.settle();
    // Five are its share, two of them nobody can borrow.
    expect(others.map(({ state }) => state)).toEqual(['in', 'in', 'waiting', 'waiting', 'waiting', 'waiting']);
    const before = gate.admitted.length;
    for (const one of flood.slice(0, 4)) leave(one);
    await gate.settle();
    expect(gate.admitted.slice(before)).toEqual(['eve 2', 'eve 3', 'eve 4', expect.stringMatching(/^flood /)]);
  });

  it('are as many for a list as there are hundreds of objects, within limits', () => {
    const gate = new Gate();
    const widthOf = (request: string, count: number, user = flooder): number => {
      gate.count = count;
      const before = gate.metric('current_executing_seats');
      gate.arrive('list', user, request);
      const width = gate.metric('current_executing_seats') - before;
      gate.turn();
      return width;
    };
    expect(widthOf('GET /api/v1/pods', 0)).toBe(1);
    expect(widthOf('GET /api/v1/pods', 100)).toBe(1);
    expect(widthOf('GET /api/v1/pods', 450)).toBe(5);
    expect(widthOf('GET /api/v1/pods', 100_000)).toBe(10);
    expect(widthOf('GET /api/v1/pods?limit=200', 100_000)).toBe(2);
    expect(widthOf('GET /api/v1/pods?watch=true', 450)).toBe(1);
    expect(widthOf('GET /api/v1/pods?watch=true&sendInitialEvents=true', 450)).toBe(5);
    expect(widthOf(GET_PODS, 450)).toBe(1);
    // 15 % of 49 seats.
    expect(widthOf('GET /api/v1/pods', 100_000, person('eve'))).toBe(7);
  });

  it('that come free one by one are kept for a wide request of the lender', async () => {
    const gate = new Gate({ total: 245 });
    gate.count = 300;
    const flood = Array.from({ length: 400 }, (_, i) => gate.arrive(`flood ${i}`, flooder));
    await gate.settle();
    const own = Array.from({ length: 10 }, () => gate.arrive('eve', person('eve')));
    await gate.settle();
    expect(own.every(({ state }) => state === 'in')).toBe(true);
    const wide = gate.arrive('wide', person('eve'), 'GET /api/v1/pods');
    const before = gate.admitted.length;
    for (const one of flood.slice(0, 3)) {
      expect(wide.state).toBe('waiting');
      leave(one);
      await gate.settle();
    }
    expect(gate.admitted.slice(before)).toEqual(['wide']);
  });

  it('are missing for nobody who is exempt', () => {
    const gate = new Gate({ total: 8 });
    const admins = Array.from({ length: 1000 }, (_, i) => gate.arrive(`admin ${i}`, person('admin', 'system:masters')));
    expect(admins.every(({ state }) => state === 'in')).toBe(true);
    expect(gate.arrive('eve', person('eve')).state).toBe('in');
  });
});

describe('a flood', () => {
  it('lets others in between: what comes after 500 requests of one client waits for two turns at most', async () => {
    const gate = new Gate();
    const all = Array.from({ length: 500 }, () => gate.arrive('flood', flooder));
    const lease = 'PUT /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1';
    for (let round = 0; round < 20; round++) {
      gate.turn();
      await settled();
      gate.now += 5;
      for (const one of all) if (one.state === 'in') leave(one);
      const before = gate.admitted.length;
      gate.arrive('admin', person('admin', 'system:masters'));
      all.push(gate.arrive(`lease ${round}`, node, lease), gate.arrive(`account ${round}`, account('shop', 'other')));
      // Neither an administrator nor a heartbeat is behind anything of the flood.
      expect(gate.admitted.slice(before)).toEqual(['admin', `lease ${round}`]);
    }
    await gate.drain(all);
    const between = Array.from(
      { length: 20 },
      (_, round) =>
        gate.admitted
          .slice(gate.admitted.indexOf(`lease ${round}`), gate.admitted.indexOf(`account ${round}`))
          .filter((label) => label === 'flood').length,
    );
    // Another account has the flood's level, but a queue of its own.
    expect(Math.max(...between)).toBeLessThanOrEqual(32);
    expect(gate.admitted.filter((label) => label === 'flood')).toHaveLength(500);
  });

  it('fills its own queues only, and is then sent away with 429', async () => {
    const gate = new Gate();
    const flood = Array.from({ length: 1000 }, () => gate.arrive('flood', flooder));
    const refused = flood.filter(({ state }) => state === 'refused');
    // It may have 369 seats, with all that others lend (less what six queues cannot divide); of the rest, six queues of fifty wait.
    expect(refused).toHaveLength(1000 - 364 - 300);
    const error = refused[0]?.error;
    expect(isTooManyRequests(error)).toBe(true);
    expect((error as StatusError).status).toMatchObject({
      code: 429,
      message: 'Too many requests, please try again later.',
      details: { retryAfterSeconds: 1 },
    });
    const other = gate.arrive('other', account('shop', 'other'));
    expect(other.state).toBe('waiting');
    expect(gate.metric('rejected_requests_total', 'reason="queue-full"')).toBe(336);
    expect(gate.metric('current_inqueue_requests', '"workload-low"')).toBe(649);
    await gate.drain([...flood, other]);
    expect([other.state, gate.metric('current_inqueue_requests'), gate.metric('current_executing_seats')]).toEqual(['in', 0, 0]);
  });

  it('of slow requests pays for the time that they take', async () => {
    const queuing = { queues: 64, handSize: 1, queueLengthLimit: 50 };
    const limited = { nominalConcurrencyShares: 1, borrowingLimitPercent: 0, limitResponse: { type: 'Queue', queuing } };
    const levels = LEVELS.map((level) =>
      level.metadata.name === 'workload-low' ? { ...level, spec: { type: 'Limited', limited } } : level,
    );
    // Of which this level has one.
    const gate = new Gate({ total: 10, levels });
    const slow = Array.from({ length: 40 }, () => gate.arrive('slow', flooder));
    const quick = Array.from({ length: 40 }, () => gate.arrive('quick', account('shop', 'quick')));
    for (let i = 0; i < 22; i++) {
      const busy = [...slow, ...quick].find(({ state, leave: go }) => state === 'in' && go.name !== 'gone');
      if (busy === undefined) break;
      gate.now += busy.label === 'slow' ? 30 : 3;
      busy.leave();
      busy.leave = function gone() {};
      gate.turn();
      await settled();
    }
    const first = gate.admitted.slice(1, 23);
    // Ten times the work each: about a tenth of the turns.
    expect(first.filter((label) => label === 'slow').length).toBeLessThanOrEqual(3);
    expect(first).toContain('slow');
  });
});

describe('waiting', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('ends with a quarter of the time that the request has', async () => {
    const gate = new Gate({ total: 1 });
    gate.arrive('holds the seat', person('eve'));
    gate.turn();
    const waiting = Array.from({ length: 9 }, () => gate.arrive('waits', person('eve')));
    gate.now = 14_999;
    await vi.advanceTimersByTimeAsync(14_999);
    expect(waiting.every(({ state }) => state !== 'refused')).toBe(true);
    gate.now = 15_000;
    await vi.advanceTimersByTimeAsync(1);
    const late = waiting.filter(({ state }) => state === 'refused');
    expect(late.length).toBeGreaterThan(0);
    expect(late.every(({ error }) => isTooManyRequests(error))).toBe(true);
    expect(gate.metric('rejected_requests_total', 'reason="time-out"')).toBe(late.length);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends when the client leaves', async () => {
    const gate = new Gate();
    for (let i = 0; i < 16; i++) gate.arrive('first', flooder);
    const socket = { destroyed: false };
    const waiting = gate.arrive('waits', flooder, GET_PODS, socket);
    socket.destroyed = true;
    gate.turn();
    await settled();
    expect([waiting.state, gate.metric('current_inqueue_requests'), gate.metric('dispatched_requests_total')]).toEqual(['refused', 0, 16]);
  });

  it('goes on under another level when its own is taken away', async () => {
    const gate = new Gate();
    const all = Array.from({ length: 60 }, () => gate.arrive('flood', flooder));
    gate.control.configure(
      SCHEMAS,
      LEVELS.filter(({ metadata: { name } }) => name !== 'workload-low'),
    );
    await settled();
    expect(gate.metric('current_inqueue_requests', '"workload-low"')).toBe(0);
    expect(gate.metric('current_inqueue_requests', '"global-default"')).toBeGreaterThan(0);
    await gate.drain(all);
    expect(all.every(({ state }) => state === 'in')).toBe(true);
    expect(gate.metric('current_executing_seats')).toBe(0);
  });

  it('is not possible where the level says Reject', () => {
    const gate = new Gate({ total: 20, schemas: [] });
    const all = Array.from({ length: 400 }, () => gate.arrive('nobody', { name: 'x', groups: [] }));
    expect(all.filter(({ state }) => state === 'waiting')).toHaveLength(0);
    expect(gate.metric('rejected_requests_total', 'reason="concurrency-limit"')).toBe(
      all.filter(({ state }) => state === 'refused').length,
    );
  });
});

it('whatever comes and goes: seats are never more than there are, and all who wait are served', async () => {
  const users = [flooder, account('a', 'b'), account('kube-system', 'c'), person('eve'), person('bob'), node];
  const step = fc.oneof(
    fc.record({ do: fc.constant('arrive' as const), who: fc.nat(users.length - 1), list: fc.boolean() }),
    fc.record({ do: fc.constant('leave' as const), which: fc.nat(50) }),
    fc.record({ do: fc.constant('turn' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 8, max: 80 }), fc.array(step, { maxLength: 150 }), async (total, steps) => {
      const gate = new Gate({ total });
      gate.count = 250;
      const nominal = gate.metric('nominal_limit_seats');
      const all: Entered[] = [];
      for (const one of steps) {
        if (one.do === 'arrive') all.push(gate.arrive('x', users[one.who] as UserInfo, one.list ? 'GET /api/v1/pods' : GET_PODS));
        else if (one.do === 'leave') leave(all[one.which % (all.length || 1)] ?? { label: '', state: 'in', leave: () => undefined });
        else gate.turn();
        await settled();
        expect(gate.metric('current_executing_seats')).toBeLessThanOrEqual(nominal);
      }
      for (const one of all) if (one.state === 'in') leave(one);
      await gate.drain(all);
      expect(all.some(({ state }) => state === 'waiting')).toBe(false);
      expect([gate.metric('current_executing_seats'), gate.metric('current_inqueue_seats')]).toEqual([0, 0]);
    }),
    { numRuns: 60 },
  );
});
