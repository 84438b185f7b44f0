import { forbidden } from '#apimachinery';
import type { CertificateSigningRequest } from '#api/generated/certificates-v1.ts';
import { parseCsr } from '#pki';
import { MASTERS } from '../authn/username.ts';
import type { AdmissionAttributes, AdmissionPlugin, Authorizer } from '../types.ts';
import { isWriteOf, refuse } from './refuse.ts';

const GROUP = 'certificates.k8s.io';
const REQUESTS = 'certificatesigningrequests';
const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';

function isUpdateOf({ operation, resource, subresource }: AdmissionAttributes, wanted: string): boolean {
  return operation === 'UPDATE' && resource.group === GROUP && resource.resource === REQUESTS && subresource === wanted;
}

/** May the user do `verb` for a signer, by its name or by its domain (`example.org/*`)? */
async function maySigner(authorize: Authorizer, { user }: AdmissionAttributes, verb: string, signerName: string): Promise<boolean> {
  for (const name of [signerName, `${signerName.split('/')[0] ?? ''}/*`]) {
    const { decision } = await authorize({
      user,
      verb,
      isResource: true,
      path: '',
      group: GROUP,
      version: '*',
      resource: 'signers',
      subresource: '',
      namespace: '',
      name,
    });
    if (decision === 'allow') return true;
  }
  return false;
}

/** Only who may `approve` for the signer approves or denies a request. */
export function certificateApproval(authorize: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    handles: (attributes) => isUpdateOf(attributes, 'approval'),
    async validate(attributes) {
      const { signerName } = (attributes.oldObject as CertificateSigningRequest).spec;
      if (!(await maySigner(authorize, attributes, 'approve', signerName))) {
        throw refuse(attributes, `user not permitted to approve requests with signerName "${signerName}"`);
      }
    },
  };
}

/** Only who may `sign` for the signer puts a certificate, or a failure, into a request's status. */
export function certificateSigning(authorize: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    handles: (attributes) => isUpdateOf(attributes, 'status'),
    async validate(attributes) {
      const old = attributes.oldObject as CertificateSigningRequest;
      const now = attributes.object as CertificateSigningRequest;
      const failure = (request: CertificateSigningRequest): string =>
        JSON.stringify(request.status?.conditions?.filter(({ type }) => type === 'Failed') ?? []);
      if (old.status?.certificate === now.status?.certificate && failure(old) === failure(now)) return;
      const { signerName } = old.spec;
      if (!(await maySigner(authorize, attributes, 'sign', signerName))) {
        throw refuse(attributes, `user not permitted to sign requests with signerName "${signerName}"`);
      }
    },
  };
}

/** Only who may `attest` for a signer writes its trust bundles. */
export function clusterTrustBundleAttest(authorize: Authorizer): AdmissionPlugin {
  return {
    name: 'ClusterTrustBundleAttest',
    handles: (attributes) => isWriteOf(attributes, GROUP, 'clustertrustbundles', 'CREATE UPDATE'),
    async validate(attributes) {
      const signerName = (attributes.object as { spec?: { signerName?: string } }).spec?.signerName ?? '';
      if (signerName === '' || (await maySigner(authorize, attributes, 'attest', signerName))) return;
      throw refuse(attributes, `user not permitted to attest for signerName "${signerName}"`);
    },
  };
}

/** Nobody becomes a superuser by a certificate that the cluster signs. */
export function certificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: 'CertificateSubjectRestriction',
    handles: (attributes) => isWriteOf(attributes, GROUP, REQUESTS),
    validate(attributes) {
      const { spec, metadata } = attributes.object as CertificateSigningRequest;
      if (spec.signerName !== CLIENT_SIGNER) return;
      const groups = organizationsOf(spec.request, (why) => forbidden(attributes.resource, metadata.name, `failed to parse CSR: ${why}`));
      if (groups.includes(MASTERS)) throw refuse(attributes, `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`);
    },
  };
}

function organizationsOf(request: string, refusal: (why: string) => Error): string[] {
  try {
    return parseCsr(Buffer.from(request, 'base64').toString('utf8')).organizations;
  } catch (cause) {
    const error = refusal(cause instanceof Error ? cause.message : String(cause));
    error.cause = cause;
    throw error;
  }
}
