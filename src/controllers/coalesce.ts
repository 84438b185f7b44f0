const IMMEDIATE_BELOW = 100;
const MAX_DELAY_MS = 1000;

/**
 * Milliseconds to wait before an object with `count` parts is worked on because one of them changed. A reconcile looks at
 * all parts: were each of n changes followed by one, n changes would cost n². A wait that grows with n makes them cost n,
 * and is too short to be felt: 100 parts wait for 10 ms.
 */
export function coalescingDelay(count: number): number {
  return count < IMMEDIATE_BELOW ? 0 : Math.min(count / 10, MAX_DELAY_MS);
}
