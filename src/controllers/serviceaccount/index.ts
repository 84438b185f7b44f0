import { isAlreadyExists } from '#apimachinery';
import { resources, runController, WorkQueue } from '#client';
import type { ControllerContext } from '../context.ts';
import { isNamespaceTerminating } from '../pods/pod-control.ts';

const NAME = 'default';

/** Keeps a ServiceAccount `default` in every namespace that is not going away. */
export async function startServiceAccountController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const namespaces = informers.get(resources.namespaces);
  const serviceAccounts = informers.get(resources.serviceAccounts);
  const queue = new WorkQueue(signal);
  namespaces.addHandlers({
    add: ({ metadata }) => queue.add(metadata.name),
    update: ({ metadata }) => queue.add(metadata.name),
  });
  serviceAccounts.addHandlers({
    delete: ({ metadata }) => void (metadata.name === NAME && queue.add(metadata.namespace!)),
  });
  await runController({
    name: 'serviceaccount',
    queue,
    signal,
    informers: [namespaces, serviceAccounts],
    async reconcile({ name: namespace }) {
      const object = namespaces.get(namespace);
      if (!object || object.metadata.deletionTimestamp || object.status?.phase === 'Terminating') return;
      if (serviceAccounts.get(NAME, namespace)) return;
      try {
        await client
          .resource(resources.serviceAccounts)
          .create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace } });
      } catch (error) {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
      }
    },
  });
}
