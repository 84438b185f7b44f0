import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves with the first result of `look` that is not undefined or false. What lies outside of our processes (a page, a
 * file of the kernel's) tells nobody that it changed, so this asks again. Rejects with the last error or with `what`.
 */
export async function eventually<R>(what: string, look: () => Promise<R | undefined | false>, timeoutMs = 60_000): Promise<R> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const result = await look();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`, { cause: failure });
    await delay(100);
  }
}
