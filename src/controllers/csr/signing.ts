import type { CertificateSigningRequest } from '#api/generated/certificates-v1.ts';
import { timestamp } from '#apimachinery';
import { keyOf, resources, runController, WorkQueue } from '#client';
import { signCsr, type KeyUsage } from '#pki';
import { isConditionTrue } from '../conditions.ts';
import type { ControllerContext } from '../context.ts';
import { refusal, SIGNERS } from './signers.ts';

const MIN_SECONDS = 600;

/** Signs approved certificate requests with the cluster's CA, for the four signers of Kubernetes itself. */
export async function startCSRSigningController(context: ControllerContext): Promise<void> {
  const { client, informers, signal, options } = context;
  const { signing } = options;
  if (!signing) return;
  const ca = { certificate: signing.cert, key: signing.key };
  const requests = informers.get(resources.certificateSigningRequests);
  const queue = new WorkQueue(signal);
  const enqueue = (request: CertificateSigningRequest): void => {
    if (request.spec.signerName in SIGNERS && waits(request)) queue.add(keyOf(request));
  };
  requests.addHandlers({ add: enqueue, update: enqueue });
  await runController({
    name: 'csr-signing',
    queue,
    signal,
    informers: [requests],
    async reconcile({ name }) {
      const request = requests.get(name);
      if (!request || !waits(request)) return;
      const pem = Buffer.from(request.spec.request, 'base64').toString();
      const why = refusal(request, pem);
      const status = why === undefined ? signed(request, pem) : failed(request, why);
      await client.resource(resources.certificateSigningRequests).updateStatus({ ...request, status });
    },
  });

  function signed(request: CertificateSigningRequest, pem: string): CertificateSigningRequest['status'] {
    const longest = Math.floor(options.clusterSigningDurationMs / 1000);
    const seconds = Math.min(longest, Math.max(MIN_SECONDS, request.spec.expirationSeconds ?? longest));
    const certificate = signCsr(ca, pem, { usages: (request.spec.usages ?? []) as KeyUsage[], seconds });
    return { ...request.status, certificate: Buffer.from(certificate).toString('base64') };
  }
}

function waits({ status }: CertificateSigningRequest): boolean {
  const { certificate, conditions } = status ?? {};
  return (
    !certificate &&
    isConditionTrue(conditions, 'Approved') &&
    !isConditionTrue(conditions, 'Denied') &&
    !isConditionTrue(conditions, 'Failed')
  );
}

function failed({ status }: CertificateSigningRequest, message: string): CertificateSigningRequest['status'] {
  const now = timestamp();
  const condition = {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message,
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
  return { ...status, conditions: [...(status?.conditions ?? []), condition] };
}
