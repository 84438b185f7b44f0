import type { CertificateSigningRequest } from '#api/generated/certificates-v1.ts';
import { parseCsr, type ParsedCsr } from '#pki';

type Rule = (csr: ParsedCsr, usages: ReadonlySet<string>) => string | undefined;

/** What each signer certifies; a rule answers with what is wrong. */
export const SIGNERS: Readonly<Record<string, Rule>> = {
  'kubernetes.io/kube-apiserver-client': (_, usages) =>
    usages.has('client auth') ? undefined : "invalid usages: must contain 'client auth'",
  'kubernetes.io/kube-apiserver-client-kubelet': nodeClient,
  'kubernetes.io/kubelet-serving': nodeServing,
  'kubernetes.io/legacy-unknown': () => undefined,
};

/** Why the request cannot be signed, however well it is approved; undefined: it can. */
export function refusal(request: CertificateSigningRequest, pem: string): string | undefined {
  try {
    return SIGNERS[request.spec.signerName]?.(parseCsr(pem), new Set(request.spec.usages));
  } catch (error) {
    return `unable to parse csr: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function nodeClient(csr: ParsedCsr, usages: ReadonlySet<string>): string | undefined {
  const problem = nodeSubject(csr);
  if (problem) return problem;
  if (csr.dnsNames.length + csr.ipAddresses.length + csr.emails.length + csr.uris.length > 0) return 'subjectAltNames are not allowed';
  return wrongUsages(usages, ['client auth']);
}

function nodeServing(csr: ParsedCsr, usages: ReadonlySet<string>): string | undefined {
  const problem = nodeSubject(csr);
  if (problem) return problem;
  if (csr.emails.length > 0) return 'Email subjectAltNames are not allowed';
  if (csr.uris.length > 0) return 'URI subjectAltNames are not allowed';
  if (csr.dnsNames.length + csr.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required';
  return wrongUsages(usages, ['server auth']);
}

function nodeSubject({ commonName, organizations }: ParsedCsr): string | undefined {
  if (organizations?.length !== 1 || organizations[0] !== 'system:nodes') return 'subject organization is not system:nodes';
  return commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:';
}

/** `digital signature` must be there, `key encipherment` may, and nothing beyond those and `required`. */
function wrongUsages(usages: ReadonlySet<string>, required: readonly string[]): string | undefined {
  const needed = ['digital signature', ...required];
  const allowed = new Set([...needed, 'key encipherment']);
  const fits = needed.every((usage) => usages.has(usage)) && [...usages].every((usage) => allowed.has(usage));
  return fits ? undefined : `usages did not match: expected ${needed.join(', ')}`;
}

/** The rule of a signer that kubelets use. */
export function fits(
  signer: 'kubernetes.io/kube-apiserver-client-kubelet' | 'kubernetes.io/kubelet-serving',
  csr: ParsedCsr,
  usages: readonly string[],
): boolean {
  return SIGNERS[signer]!(csr, new Set(usages)) === undefined;
}
