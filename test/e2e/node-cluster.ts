import { afterAll, beforeAll } from 'vitest';
import { TestCluster } from './cluster.ts';
import { Kubectl } from './kubectl.ts';

/** A cluster with a node of real containers for one test file, with kubectl 1.36 in the default namespace. */
export interface NodeCluster {
  cluster: TestCluster;
  k: Kubectl;
}

/** Starts one before the file's tests and deletes it after them. Needs root. */
export function nodeCluster(): () => NodeCluster {
  let cluster: TestCluster | undefined;
  let k: Kubectl;
  beforeAll(async () => {
    cluster = await TestCluster.start({ nodeRuntime: 'containerd' });
    k = new Kubectl(cluster, '1.36', 'default');
  }, 300_000);
  afterAll(async () => await cluster?.delete());
  return () => {
    if (cluster === undefined) throw new Error('the cluster did not start');
    return { cluster, k };
  };
}

/** A pod that goes on running a shell script. */
export function scriptPod(name: string, script: string, more: { container?: object; spec?: object } = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: 'busybox', imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', script], ...more.container }],
      ...more.spec,
    },
  });
}

/** Runs until it is told to stop. */
export const FOREVER = 'trap exit TERM; while :; do sleep 1000 & wait; done';

/** Creates a pod and resolves once it is Ready. */
export async function readyPod(k: Kubectl, manifest: string): Promise<void> {
  const name = await k.do('create -f - -o jsonpath={.metadata.name}', { stdin: manifest });
  await k.do(`wait --for=condition=Ready pod/${name} --timeout=120s`, { timeoutMs: 130_000 });
}

/** The body that a URL answers with. */
export async function page(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000), headers: { connection: 'close' } });
  return await response.text();
}

/** Address of the only node. */
export async function nodeAddress(k: Kubectl): Promise<string> {
  return await k.do(['get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}']);
}
