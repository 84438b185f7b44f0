import { isNotFound } from '#apimachinery';
import { keyOf, resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { tokenOf } from './token.ts';

/** Deletes bootstrap tokens when they expire. */
export async function startTokenCleanerController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const secrets = informers.get(resources.secrets);
  const queue = new WorkQueue(signal);
  const enqueue = (secret: Parameters<typeof tokenOf>[0]): void => void (tokenOf(secret)?.expiry !== undefined && queue.add(keyOf(secret)));
  secrets.addHandlers({ add: enqueue, update: enqueue });
  await runController({
    name: 'token-cleaner',
    queue,
    workers: 1,
    signal,
    informers: [secrets],
    async reconcile({ name, namespace }) {
      const secret = secrets.get(name, namespace);
      const expiry = secret && tokenOf(secret)?.expiry;
      if (!secret || expiry === undefined) return undefined;
      if (expiry > Date.now()) return { requeueAfter: expiry - Date.now() };
      try {
        await client.resource(resources.secrets).delete(secret.metadata, { preconditions: { uid: secret.metadata.uid } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return undefined;
    },
  });
}
