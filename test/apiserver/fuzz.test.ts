import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestApiServer, statusOf, type Answer } from './api-server.ts';
import { RandomRequests } from './random-requests.ts';

/** `SKIFF_FUZZ_REQUESTS=100000` is the long form; `SKIFF_FUZZ_SEED` repeats a run. */
const REQUESTS = Number(process.env['SKIFF_FUZZ_REQUESTS'] ?? 3000);
const SEED = Number(process.env['SKIFF_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const AT_ONCE = 8;
/** What a run may leave on the heap, in bytes: objects that were created, but nothing for each request. */
const HEAP_GROWTH = 120 * 1024 * 1024;

let server: TestApiServer;

beforeAll(async () => {
  server = await TestApiServer.start();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

test(`${REQUESTS} requests of noise get answers that are not the server's fault (seed ${SEED})`, { timeout: 1_800_000 }, async () => {
  const requests = new RandomRequests(SEED);
  const wrong: string[] = [];
  const codes = new Map<number, number>();
  let left = REQUESTS;
  await warmUp(requests);
  const before = heapUsed();
  const send = async (): Promise<void> => {
    while (left-- > 0 && wrong.length < 10) {
      const { method, path, headers, body } = requests.next();
      const answer = await server.ask(method, path, { headers, body });
      codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1);
      const problem = problemOf(answer);
      if (problem !== undefined) wrong.push(`${problem}\n${method} ${path}\n${JSON.stringify(headers)}\n${String(body).slice(0, 2000)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  expect(wrong.join('\n\n') + server.logged.slice(0, 5).join('\n')).toBe('');
  // Noise that never gets past the first check proves little.
  expect([...codes.keys()].filter((code) => [200, 201, 400, 404, 405, 409, 415, 422].includes(code)).length).toBeGreaterThan(6);
  expect(heapUsed() - before).toBeLessThan(HEAP_GROWTH);
  expect((await server.get('/readyz')).text).toBe('ok');
});

async function warmUp(requests: RandomRequests): Promise<void> {
  for (let i = 0; i < 300; i++) {
    const { method, path, headers, body } = requests.next();
    await server.ask(method, path, { headers, body });
  }
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function problemOf(answer: Answer): string | undefined {
  const { code, text, headers } = answer;
  // A revision from the future is told so after a while, with this code.
  if (code === 504 && text.includes('Too large resource version')) return undefined;
  if (code >= 500) return `${code}: ${text.slice(0, 500)}`;
  if (code < 400 || text === '') return undefined;
  if (statusOf(answer)?.kind === 'Status' && statusOf(answer).code === code) return undefined;
  return headers['content-type'] === 'application/json' ? `${code} without a Status: ${text.slice(0, 500)}` : undefined;
}
