import { X509Certificate } from 'node:crypto';
import type { CertificateSigningRequest } from '#api/generated/certificates-v1.ts';
import { isNotFound } from '#apimachinery';
import { resources, runController, WorkQueue } from '#client';
import { findCondition } from '../conditions.ts';
import type { ControllerContext } from '../context.ts';
import { enqueueSelf } from '../owner-queue.ts';

const HOUR_MS = 3_600_000;
const DECIDED_MS = HOUR_MS;
const PENDING_MS = 24 * HOUR_MS;

/** Deletes certificate requests that nobody needs any more: an hour after a decision, a day without one, or expired. */
export async function startCSRCleanerController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const requests = informers.get(resources.certificateSigningRequests);
  const queue = new WorkQueue(signal);
  requests.addHandlers(enqueueSelf(queue));
  await runController({
    name: 'csr-cleaner',
    queue,
    signal,
    informers: [requests],
    async reconcile({ name }) {
      const request = requests.get(name);
      if (!request) return undefined;
      const end = endOf(request);
      if (end > Date.now()) return { requeueAfter: end - Date.now() };
      try {
        await client.resource(resources.certificateSigningRequests).delete({ name }, { preconditions: { uid: request.metadata.uid } });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return undefined;
    },
  });
}

/** The moment from which on the request is superfluous. */
function endOf({ metadata, status }: CertificateSigningRequest): number {
  const created = Date.parse(metadata.creationTimestamp ?? '') || Date.now();
  const ends = [created + PENDING_MS];
  for (const type of ['Approved', 'Denied', 'Failed']) {
    const condition = findCondition(status?.conditions, type);
    if (condition && (type !== 'Approved' || status?.certificate))
      ends.push((Date.parse(condition.lastUpdateTime ?? '') || created) + DECIDED_MS);
  }
  const expiry = status?.certificate ? expiryOf(status.certificate) : undefined;
  if (expiry !== undefined) ends.push(expiry);
  return Math.min(...ends);
}

function expiryOf(certificate: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, 'base64')).validTo);
  } catch {
    return undefined;
  }
}
