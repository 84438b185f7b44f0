import { convertTo } from '../conversion.ts';
import type { CertificateSigningRequest } from '../generated/certificates-v1.ts';
import type { KubeObject } from '#apimachinery';
import type { ServedVersion } from '../kind-definition.ts';

/** In v1beta1 a request need name neither signer nor usages, and a condition no status. */
function toStorage(object: KubeObject): CertificateSigningRequest {
  const { spec, status } = object as CertificateSigningRequest;
  const conditions = status?.conditions?.map((condition) => ({ ...condition, status: condition.status || 'True' }));
  return convertTo<CertificateSigningRequest>('certificates.k8s.io/v1', object, {
    spec: {
      ...spec,
      signerName: spec?.signerName || 'kubernetes.io/legacy-unknown',
      usages: spec?.usages?.length ? spec.usages : ['digital signature', 'key encipherment'],
    },
    status: conditions === undefined ? { ...status } : { ...status, conditions },
  });
}

/** `certificates.k8s.io/v1beta1` of a CertificateSigningRequest. */
export const certificateSigningRequestV1beta1: ServedVersion<CertificateSigningRequest> = {
  version: 'v1beta1',
  deprecated: { since: 'v1.19', removedIn: 'v1.22', use: 'certificates.k8s.io/v1 CertificateSigningRequest' },
  toStorage,
  fromStorage: (object) => convertTo('certificates.k8s.io/v1beta1', object),
};
