import { expect, test } from 'vitest';
import { isTooManyRequests } from '#apimachinery';
import { InFlight } from './in-flight.ts';
import { requestInfoOf } from './request-info.ts';

const user = { name: 'u', groups: ['system:authenticated'] };
const read = requestInfoOf('GET', '/api/v1/pods', false);
const write = requestInfoOf('POST', '/api/v1/namespaces/n/pods', false);

function refused(inFlight: InFlight, info = read, who = user): boolean {
  try {
    inFlight.enter(info, who);
    return false;
  } catch (error) {
    if (!isTooManyRequests(error)) throw error;
    return true;
  }
}

test('readers and writers have limits of their own, and who leaves makes room', () => {
  const inFlight = new InFlight({ reading: 1, mutating: 1 });
  const leave = inFlight.enter(read, user);
  inFlight.enter(write, user);
  expect([refused(inFlight, read), refused(inFlight, write)]).toEqual([true, true]);
  leave();
  expect([refused(inFlight, read), refused(inFlight, write)]).toEqual([false, true]);
});

test('watches, logs and administrators do not count', () => {
  const inFlight = new InFlight({ reading: 0, mutating: 0 });
  const admin = { name: 'a', groups: ['system:masters'] };
  expect(refused(inFlight, requestInfoOf('GET', '/api/v1/pods', true))).toBe(false);
  expect(refused(inFlight, requestInfoOf('GET', '/api/v1/namespaces/n/pods/p/log', false))).toBe(false);
  expect(refused(inFlight, write, admin)).toBe(false);
});
