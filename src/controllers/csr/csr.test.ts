import type { CertificateSigningRequest } from '#api/generated/certificates-v1.ts';
import { X509Certificate } from 'node:crypto';
import { createCa, createCsr, generateKey, privateKeyPem, type KeyPair } from '#pki';
import { resources } from '#client';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { StartController } from '../context.ts';
import { testCluster, type TestCluster } from '../test-cluster.ts';
import { startCSRApprovingController, startCSRCleanerController, startCSRSigningController } from './index.ts';

let cluster: TestCluster;
let ca: KeyPair;
let key: string;
beforeAll(async () => {
  ca = await createCa('kubernetes');
  key = privateKeyPem(await generateKey());
});
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => {
  cluster.stop();
  vi.useRealTimers();
});

const KUBELET = 'kubernetes.io/kube-apiserver-client-kubelet';
function request(
  more: { organizations?: string[]; signer?: string; usages?: string[]; username?: string; conditions?: string[]; created?: number } = {},
): CertificateSigningRequest {
  const pem = createCsr({ key, commonName: 'system:node:n1', organizations: more.organizations ?? ['system:nodes'] });
  const conditions = more.conditions?.map((type) => ({
    type,
    status: 'True',
    lastUpdateTime: new Date(more.created ?? Date.now()).toISOString(),
  }));
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'csr-1', creationTimestamp: new Date(more.created ?? Date.now()).toISOString() },
    spec: {
      request: Buffer.from(pem).toString('base64'),
      signerName: more.signer ?? KUBELET,
      usages: more.usages ?? ['digital signature', 'client auth'],
      username: more.username ?? 'system:bootstrap:abcdef',
      groups: ['system:bootstrappers'],
    },
    status: { conditions },
  };
}
const start = async (object: CertificateSigningRequest, controller: StartController) => {
  cluster = await testCluster([object], [controller], { signing: { cert: ca.certificate, key: ca.key } });
};
const current = () => cluster.list(resources.certificateSigningRequests)[0];

test('an approved request is signed for its subject', async () => {
  await start(request({ conditions: ['Approved'] }), startCSRSigningController);
  const certificate = new X509Certificate(Buffer.from(current()!.status.certificate!, 'base64'));
  expect(certificate.subject).toBe('O=system:nodes\nCN=system:node:n1');
  expect(certificate.checkIssued(new X509Certificate(ca.certificate))).toBe(true);
});

test.each([
  ['not approved', request0({})],
  ['denied', request0({ conditions: ['Approved', 'Denied'] })],
  ["of somebody else's signer", request0({ conditions: ['Approved'], signer: 'example.com/own' })],
])('a request that is %s is not signed', async (_, make) => {
  await start(make(), startCSRSigningController);
  expect(current()!.status.certificate).toBeUndefined();
});

test.each([
  ['subject organization is not system:nodes', request0({ conditions: ['Approved'], organizations: ['system:masters'] })],
  ['usages did not match: expected digital signature, client auth', request0({ conditions: ['Approved'], usages: ['server auth'] })],
])('a request fails: %s', async (message, make) => {
  await start(make(), startCSRSigningController);
  expect(current()!.status.conditions!.at(-1)).toMatchObject({ type: 'Failed', reason: 'SignerValidationFailure', message });
});

test.each([
  ['approved', true],
  ['left to people', false],
])("a kubelet's request is %s when the right to it is %s", async (_, allowed) => {
  cluster = await testCluster(
    [request()],
    [
      (context) => {
        const { client } = context;
        const reviewing = {
          ...client,
          resource: ((type: { resource: string }) =>
            type.resource === 'subjectaccessreviews'
              ? { create: async () => ({ status: { allowed } }) }
              : client.resource(type as never)) as never,
        };
        return startCSRApprovingController({ ...context, client: reviewing });
      },
    ],
  );
  const conditions = current()!.status.conditions ?? [];
  expect(conditions.some(({ type, reason }) => type === 'Approved' && reason === 'AutoApproved')).toBe(allowed);
});

test('a request nobody decided on goes after a day, a decided one after an hour', async () => {
  await start(request(), startCSRCleanerController);
  await cluster.settle(23 * 3_600_000);
  expect(current()).toBeDefined();
  await cluster.settle(2 * 3_600_000);
  expect(current()).toBeUndefined();
  cluster.stop();
  await start(request({ conditions: ['Denied'] }), startCSRCleanerController);
  await cluster.settle(2 * 3_600_000);
  expect(current()).toBeUndefined();
});

/** Made only when the test runs: the key does not exist before. */
function request0(more: Parameters<typeof request>[0]): () => CertificateSigningRequest {
  return () => request(more);
}
