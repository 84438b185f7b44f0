import type { Binding, Pod } from '#api/generated/core-v1.ts';
import { badRequest, conflict, fieldNotSupported, fieldRequired, invalid, timestamp } from '#apimachinery';
import { updateObject, type Write } from '../write.ts';

/** Puts a pod on a node. Throws 409 when it is on one already or is being deleted, 422 for a Binding without a node. */
export async function bindPod(write: Write, namespace: string, name: string, binding: Binding): Promise<void> {
  const node = binding.target?.name ?? '';
  checkBinding(name, binding, node);
  const { definition } = write.served.resource;
  await updateObject(write, namespace, name, {
    subresource: 'binding',
    transform(current) {
      const pod = current as Pod;
      const uid = binding.metadata?.uid;
      if (uid !== undefined && uid !== '' && uid !== pod.metadata.uid)
        throw conflict(definition, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`);
      if (pod.metadata.deletionTimestamp !== undefined)
        throw conflict(definition, name, `pod ${name} is being deleted, cannot be assigned to a host`);
      if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== '')
        throw conflict(definition, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
      if ((pod.spec.schedulingGates?.length ?? 0) > 0) throw conflict(definition, name, `pod ${name} has non-empty .spec.schedulingGates`);
      assign(pod, node, binding, write.request.now);
      return pod;
    },
  });
}

function assign(pod: Pod, node: string, binding: Binding, now: Date): void {
  pod.spec.nodeName = node;
  const annotations = binding.metadata?.annotations;
  if (annotations !== undefined) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
  const conditions = (pod.status.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  conditions.push({ type: 'PodScheduled', status: 'True', lastTransitionTime: timestamp(now) });
  pod.status.conditions = conditions;
}

function checkBinding(name: string, binding: Binding, node: string): void {
  const bound = binding.metadata?.name;
  if (bound !== undefined && bound !== '' && bound !== name) throw badRequest('name in URL does not match name in Binding object');
  const kind = binding.target?.kind ?? '';
  const errors = [];
  if (kind !== '' && kind !== 'Node') errors.push(fieldNotSupported('target.kind', kind, ['Node', '<empty>']));
  if (node === '') errors.push(fieldRequired('target.name'));
  if (errors.length > 0) throw invalid({ group: '', kind: 'Binding' }, name, errors);
}
