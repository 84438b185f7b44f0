import { isNotFound } from '#apimachinery';
import { resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';

const TTL = 'node.alpha.kubernetes.io/ttl';

/** From so many nodes on, and down to so many again, kubelets may keep what they read for so many seconds. */
const STEPS: readonly { min: number; max: number; seconds: number }[] = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1000, seconds: 30 },
  { min: 900, max: 2000, seconds: 60 },
  { min: 1800, max: Infinity, seconds: 300 },
];

/** Tells kubelets for how long they may keep Secrets and ConfigMaps: the longer, the more nodes there are. */
export async function startTTLController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const nodes = informers.get(resources.nodes);
  const queue = new WorkQueue(signal);
  let step = 0;
  const recount = (): void => {
    const before = step;
    while (nodes.size > STEPS[step]!.max) step++;
    while (nodes.size < STEPS[step]!.min) step--;
    if (step !== before) for (const { metadata } of nodes.list()) queue.add(metadata.name);
  };
  nodes.addHandlers({
    add({ metadata }) {
      recount();
      queue.add(metadata.name);
    },
    update: ({ metadata }) => void (metadata.annotations?.[TTL] === undefined && queue.add(metadata.name)),
    delete: recount,
  });
  await runController({
    name: 'ttl',
    queue,
    signal,
    informers: [nodes],
    async reconcile({ name }) {
      const node = nodes.get(name);
      const ttl = String(STEPS[step]!.seconds);
      if (!node || node.metadata.annotations?.[TTL] === ttl) return;
      try {
        await client.resource(resources.nodes).patch({ name }, 'merge', { metadata: { annotations: { [TTL]: ttl } } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  });
}
