import { ageCell, ageColumn, humanDuration, nameColumn, textColumn } from '../printing.ts';
import { certificateSigningRequestV1beta1 } from './conversion-certificate-signing-request.ts';
import { defineKind } from '../kind-definition.ts';
import { prepareApproval, prepareCreate, prepareStatus } from './certificate-signing-request-strategy.ts';
import { structOf } from '../struct-of.ts';
import { validateCertificateSigningRequest, validateCertificateSigningRequestStatus } from './certificate-signing-request-validation.ts';
import type { CertificateSigningRequest } from '../generated/certificates-v1.ts';

/** `Pending`, or what has been decided: `Approved,Issued`. */
function conditionCell({ status }: CertificateSigningRequest): string {
  const types = new Set(status?.conditions?.map(({ type }) => type));
  let text = types.has('Denied') ? 'Denied' : types.has('Approved') ? 'Approved' : 'Pending';
  if (types.has('Failed')) text += ',Failed';
  if (status?.certificate) text += ',Issued';
  return text;
}

export const certificateSigningRequestKind = defineKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  resource: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  namespaced: false,
  alsoServed: [certificateSigningRequestV1beta1],
  hasStatus: true,
  otherSubresources: [{ name: 'approval', kind: 'CertificateSigningRequest', verbs: ['get', 'patch', 'update'] }],
  defaults(object) {
    structOf(object, 'spec');
    structOf(object, 'status');
  },
  prepareForCreate: prepareCreate,
  prepareForUpdate(object, old) {
    object.spec = old.spec;
  },
  prepareForStatusUpdate: (object, old, context) =>
    context.subresource === 'approval' ? prepareApproval(object, old, context) : prepareStatus(object, old, context),
  validate: validateCertificateSigningRequest,
  validateStatusUpdate: validateCertificateSigningRequestStatus,
  columns: [
    nameColumn,
    ageColumn,
    textColumn('SignerName', 'The signer that is asked to sign.'),
    textColumn('Requestor', 'The user who made the request.'),
    textColumn('RequestedDuration', 'How long the certificate should be valid.'),
    textColumn('Condition', 'What has become of the request.'),
  ],
  row: (object, now) => [
    object.metadata.name,
    ageCell(object, now),
    object.spec.signerName || '<none>',
    object.spec.username ?? '',
    object.spec.expirationSeconds === undefined ? '<none>' : humanDuration(object.spec.expirationSeconds * 1000),
    conditionCell(object),
  ],
  selectableFields: {
    'spec.signerName': ({ spec }) => spec.signerName,
  },
});
