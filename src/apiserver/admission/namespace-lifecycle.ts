import { forbidden, notFound, StatusError } from '#apimachinery';
import type { Namespace } from '#api/generated/core-v1.ts';
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from '../types.ts';
import { refuse } from './refuse.ts';

const NAMESPACES = { group: '', resource: 'namespaces' };
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing is made in a namespace that does not exist or is going away; the system's own namespaces are not deleted. */
export function namespaceLifecycle(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    handles: ({ operation, namespace, resource }) =>
      operation !== 'CONNECT' && (namespace !== '' || (operation === 'DELETE' && resource.resource === 'namespaces')),
    admit(attributes) {
      const { operation, namespace, resource, name } = attributes;
      if (resource.resource === 'namespaces' && resource.group === '') {
        if (operation === 'DELETE' && IMMORTAL.has(name)) throw forbidden(NAMESPACES, name, 'this namespace may not be deleted');
        return;
      }
      if (operation === 'DELETE' || resource.resource === 'localsubjectaccessreviews') return;
      const found = reader.get(NAMESPACES, '', namespace) as Namespace | undefined;
      if (found === undefined) throw notFound(NAMESPACES, namespace);
      if (operation === 'CREATE' && found.status?.phase === 'Terminating') throw terminating(attributes, namespace);
    },
  };
}

function terminating(attributes: AdmissionAttributes, namespace: string): StatusError {
  const { status } = refuse(attributes, `unable to create new content in namespace ${namespace} because it is being terminated`);
  const cause = { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' };
  return new StatusError({ ...status, details: { ...status.details, causes: [cause] } });
}
