import { isConflict } from '#apimachinery';
import { delay } from './delay.ts';

/** Calls `attempt` up to five times while it loses races (409 Conflict); it reads the object afresh each time. */
export async function retryOnConflict<R>(attempt: () => Promise<R>, signal?: AbortSignal): Promise<R> {
  for (let left = 4; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (!isConflict(error) || left === 0 || signal?.aborted) throw error;
    }
    await delay(10 * (1 + Math.random() / 10), signal);
  }
}
