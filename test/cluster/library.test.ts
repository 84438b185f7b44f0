import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Cluster } from '#cluster';
import { resources, type Client } from '#client';

describe('a cluster as a library', () => {
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  });

  async function start(options: Parameters<typeof Cluster.start>[0]): Promise<{ cluster: Cluster; client: Client }> {
    const cluster = await Cluster.start({ ...options, log: () => undefined });
    stops.push(() => cluster.stop());
    const client = await cluster.client();
    stops.push(() => client.close());
    return { cluster, client };
  }

  it('runs controllers, and leaves nothing behind', async () => {
    const { cluster, client } = await start({});
    const { kubeconfig } = cluster;
    expect(existsSync(kubeconfig)).toBe(true);
    const watch = client.resource(resources.serviceAccounts).watch({ namespace: 'default' });
    for await (const { object } of watch) if (object.metadata.name === 'default') break;
    for (const stop of stops.splice(0).toReversed()) await stop();
    expect(existsSync(kubeconfig)).toBe(false);
  });

  it('runs pods on simulated nodes', async () => {
    const { client } = await start({ nodeRuntime: 'simulated', nodes: 2 });
    for await (const { object } of client.resource(resources.serviceAccounts).watch({ namespace: 'default' }))
      if (object.metadata.name === 'default') break;
    await client.resource(resources.deployments).create({
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 4,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { name: '', labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx', resources: {} }] } },
        strategy: {},
      },
      status: {},
    });
    for await (const { object } of client
      .resource(resources.deployments)
      .watch({ namespace: 'default', fieldSelector: 'metadata.name=web' }))
      if (object.status.readyReplicas === 4) break;
    const { items } = await client.resource(resources.pods).list({ namespace: 'default' });
    expect(new Set(items.map(({ spec }) => spec.nodeName))).toEqual(new Set(['node-0', 'node-1']));
  });
});
