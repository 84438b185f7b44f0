import { isAlreadyExists, isNotFound, objectEqual } from '#apimachinery';
import { resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { isNamespaceTerminating } from '../pods/pod-control.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
};

/** Keeps the cluster's CA in a ConfigMap of every namespace, for pods to check the API server with. */
export async function startRootCACertPublisher(context: ControllerContext): Promise<void> {
  const { client, informers, signal, options } = context;
  const namespaces = informers.get(resources.namespaces);
  const configMaps = informers.get(resources.configMaps);
  const queue = new WorkQueue(signal);
  const data = { 'ca.crt': options.rootCA };
  namespaces.addHandlers({
    add: ({ metadata }) => queue.add(metadata.name),
    update: ({ metadata }) => queue.add(metadata.name),
  });
  const enqueue = ({ metadata }: { metadata: { name: string; namespace?: string } }): void => {
    if (metadata.name === NAME) queue.add(metadata.namespace!);
  };
  configMaps.addHandlers({ update: enqueue, delete: enqueue });
  await runController({
    name: 'root-ca-certificate-publisher',
    queue,
    signal,
    informers: [namespaces, configMaps],
    async reconcile({ name: namespace }) {
      const object = namespaces.get(namespace);
      if (!object || object.metadata.deletionTimestamp || object.status?.phase === 'Terminating') return;
      const present = configMaps.get(NAME, namespace);
      if (present && objectEqual(present.data, data)) return;
      try {
        if (present) await client.resource(resources.configMaps).update({ ...present, data });
        else
          await client
            .resource(resources.configMaps)
            .create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME, namespace, annotations: DESCRIPTION }, data });
      } catch (error) {
        if (!isAlreadyExists(error) && !isNotFound(error) && !isNamespaceTerminating(error)) throw error;
      }
    },
  });
}
