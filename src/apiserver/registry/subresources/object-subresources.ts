import type { CertificateSigningRequest } from '#api/generated/certificates-v1.ts';
import type { Namespace, Pod } from '#api/generated/core-v1.ts';
import { groupResource, type KubeObject } from '#apimachinery';

/** A subresource whose body is the object itself, of which only a part may change. */
export interface ObjectSubresource {
  scope?: 'status';
  /** What is to be stored: `current` (which it may change) with the parts of `wanted` that this subresource is for. */
  merge(wanted: KubeObject, current: KubeObject): KubeObject;
}

const status: ObjectSubresource = { scope: 'status', merge: (wanted) => wanted };

const ephemeralContainers: ObjectSubresource = {
  merge(wanted, current) {
    const pod = current as Pod;
    pod.spec.ephemeralContainers = (wanted as Pod).spec.ephemeralContainers;
    return withRevision(pod, wanted);
  },
};

const resize: ObjectSubresource = {
  merge(wanted, current) {
    const pod = current as Pod;
    for (const container of pod.spec.containers) {
      const want = (wanted as Pod).spec.containers.find(({ name }) => name === container.name);
      if (want === undefined) continue;
      container.resources = want.resources;
      container.resizePolicy = want.resizePolicy;
    }
    return withRevision(pod, wanted);
  },
};

const finalize: ObjectSubresource = {
  merge(wanted, current) {
    const namespace = current as Namespace;
    namespace.spec = { ...namespace.spec, finalizers: (wanted as Namespace).spec?.finalizers };
    return withRevision(namespace, wanted);
  },
};

const approval: ObjectSubresource = {
  scope: 'status',
  merge(wanted, current) {
    const request = current as CertificateSigningRequest;
    request.status = { ...request.status, conditions: (wanted as CertificateSigningRequest).status?.conditions };
    return withRevision(request, wanted);
  },
};

function withRevision(object: KubeObject, wanted: KubeObject): KubeObject {
  object.metadata.resourceVersion = wanted.metadata.resourceVersion;
  return object;
}

/** By resource and subresource. */
const OTHERS: ReadonlyMap<string, ObjectSubresource> = new Map([
  ['pods/ephemeralcontainers', ephemeralContainers],
  ['pods/resize', resize],
  ['namespaces/finalize', finalize],
  ['certificatesigningrequests.certificates.k8s.io/approval', approval],
]);

/** The subresource of that name, or undefined when the resource has none such. */
export function objectSubresource(
  definition: { group: string; resource: string; hasStatus: boolean },
  name: string,
): ObjectSubresource | undefined {
  if (name === 'status') return definition.hasStatus ? status : undefined;
  return OTHERS.get(`${groupResource(definition)}/${name}`);
}
