import type { CertificateSigningRequest } from '#api/generated/certificates-v1.ts';
import type { SubjectAccessReview } from '#api/generated/authorization-v1.ts';
import { timestamp } from '#apimachinery';
import { keyOf, resources, runController, WorkQueue, type Client, type ResourceType } from '#client';
import { parseCsr, type ParsedCsr } from '#pki';
import type { ControllerContext } from '../context.ts';
import { fits } from './signers.ts';

const SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';
const REVIEWS: ResourceType<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  resource: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
};

/** Approves the client certificates of kubelets whose requester has the right to them: new nodes, and nodes that renew theirs. */
export async function startCSRApprovingController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const requests = informers.get(resources.certificateSigningRequests);
  const queue = new WorkQueue(signal);
  const enqueue = (request: CertificateSigningRequest): void => {
    if (request.spec.signerName === SIGNER && !isDecided(request)) queue.add(keyOf(request));
  };
  requests.addHandlers({ add: enqueue, update: enqueue });
  await runController({
    name: 'csr-approving',
    queue,
    signal,
    informers: [requests],
    async reconcile({ name }) {
      const request = requests.get(name);
      if (!request || isDecided(request)) return;
      const csr = parsed(request);
      if (!csr || !fits(SIGNER, csr, request.spec.usages ?? [])) return;
      const own = request.spec.username === csr.commonName;
      if (own && (await isAllowed(client, request, 'selfnodeclient'))) {
        await approve(client, request, 'Auto approving self kubelet client certificate after SubjectAccessReview.');
      } else if (await isAllowed(client, request, 'nodeclient')) {
        await approve(client, request, 'Auto approving kubelet client certificate after SubjectAccessReview.');
      }
    },
  });
}

function isDecided({ status }: CertificateSigningRequest): boolean {
  return Boolean(status?.certificate) || (status?.conditions ?? []).some(({ type }) => type === 'Approved' || type === 'Denied');
}

function parsed({ spec }: CertificateSigningRequest): ParsedCsr | undefined {
  try {
    return parseCsr(Buffer.from(spec.request, 'base64').toString());
  } catch {
    // Not a request that a kubelet makes: people may look at it.
    return undefined;
  }
}

async function isAllowed(client: Client, { spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: { name: '' },
    spec: {
      user: spec.username,
      uid: spec.uid,
      groups: spec.groups,
      extra: spec.extra,
      resourceAttributes: {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        verb: 'create',
        version: '*',
        subresource,
      },
    },
  } as SubjectAccessReview;
  return (await client.resource(REVIEWS).create(review)).status.allowed;
}

async function approve(client: Client, request: CertificateSigningRequest, message: string): Promise<void> {
  const now = timestamp();
  const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message, lastUpdateTime: now, lastTransitionTime: now };
  const conditions = [...(request.status?.conditions ?? []), condition];
  await client
    .resource(resources.certificateSigningRequests)
    .update({ ...request, status: { ...request.status, conditions } }, { subresource: 'approval' });
}
