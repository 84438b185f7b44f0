import { isAlreadyExists, isNotFound } from '#apimachinery';
import { resources, type Client } from '#client';

export const NAMESPACE = 'default';

/** What the server has confirmed: the highest count of each object. */
export type Confirmed = Map<string, number>;

/**
 * One client that writes as fast as it can, objects of its own: creates them, then counts them up. Ends when the server
 * goes away. A write whose answer did not come may or may not have happened; only confirmed ones are remembered.
 */
export async function writeUntilGone(client: Client, writer: string, confirmed: Confirmed, signal: AbortSignal): Promise<void> {
  const configMaps = client.resource(resources.configMaps);
  for (let turn = 0; !signal.aborted; turn++) {
    const name = `${writer}-${turn % 5}`;
    const next = (confirmed.get(name) ?? 0) + 1;
    try {
      if (next === 1) await createOrPatch();
      else await patch();
    } catch (error) {
      // Whatever else the server may say, it may not be that something confirmed is not there.
      if (isNotFound(error)) throw error;
      return;
    }
    confirmed.set(name, next);

    async function createOrPatch(): Promise<void> {
      try {
        await configMaps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE }, data: { count: '1' } });
      } catch (error) {
        // Its creation was cut off in an earlier round, after it was written.
        if (!isAlreadyExists(error)) throw error;
        await patch();
      }
    }
    async function patch(): Promise<void> {
      await configMaps.patch({ name, namespace: NAMESPACE }, 'merge', { data: { count: String(next) } });
    }
  }
}
