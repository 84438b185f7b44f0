import type { ValidatingAdmissionPolicy } from '#api/generated/admissionregistration-v1.ts';
import { isConflict, isNotFound } from '#apimachinery';
import { resources, type Client } from '#client';
import type { ObjectReader } from '../types.ts';

const POLICIES = { group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicies' };

/** Says in the status of each policy which generation of it is in force, as soon as it is. */
export function observePolicies(reader: ObjectReader, client: Client, report: (error: unknown) => void): void {
  const api = client.resource(resources.validatingAdmissionPolicies);
  const observe = (): void => {
    for (const object of reader.list(POLICIES)) {
      const policy = object as ValidatingAdmissionPolicy;
      const { generation } = policy.metadata;
      if (generation === undefined || policy.status?.observedGeneration === generation) continue;
      const status = { ...policy.status, observedGeneration: generation, typeChecking: {} };
      api.updateStatus({ ...policy, status }).catch((error: unknown) => {
        // It has been changed again meanwhile, and that change leads here, too.
        if (!isConflict(error) && !isNotFound(error)) report(error);
      });
    }
  };
  reader.onChange(POLICIES, observe);
  observe();
}
