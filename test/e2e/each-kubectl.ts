import { afterAll, beforeAll, describe } from 'vitest';
import { KUBECTL_VERSIONS } from '../tools/index.ts';
import { TestCluster } from './cluster.ts';
import { kubectlIn, type Kubectl } from './kubectl.ts';

/**
 * Defines the same tests for every version of kubectl, on one cluster without a node. The tests of a version share a
 * namespace and run side by side: each uses names of its own.
 */
export function eachKubectl(topic: string, define: (kubectl: () => Kubectl) => void): void {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start();
  });
  afterAll(async () => await cluster.delete());
  describe.each(KUBECTL_VERSIONS)('kubectl %s', { concurrent: true }, (version) => {
    let kubectl: Kubectl;
    beforeAll(async () => {
      kubectl = await kubectlIn(cluster, version, topic);
    });
    define(() => kubectl);
  });
}
