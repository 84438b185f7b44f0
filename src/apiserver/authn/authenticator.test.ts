import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { StatusError } from '#apimachinery';
import { createCa, generateKey, issueCertificate, jwtSigner, legacyTokenClaims, privateKeyPem, publicKeyPem, type KeyPair } from '#pki';
import type { Credentials } from '../types.ts';
import { createAuthentication, DEFAULT_ISSUER, tokenIssuer } from './index.ts';
import { MemoryReader } from './memory-reader.ts';

const ca = await createCa('kubernetes');
const frontProxyCa = await createCa('front-proxy-ca');
const key = privateKeyPem(await generateKey());
const secretOf = (
  name: string,
  type: string,
  data: Record<string, string>,
): { metadata: { name: string; namespace: string }; type: string; data: Record<string, string> } => ({
  metadata: { name, namespace: 'kube-system' },
  type,
  data: Object.fromEntries(Object.entries(data).map(([field, value]) => [field, Buffer.from(value).toString('base64')])),
});
const account = { metadata: { name: 'builder', namespace: 'kube-system', uid: 'sa-1' } };
const pod = { metadata: { name: 'web', namespace: 'kube-system', uid: 'pod-1' }, spec: { serviceAccountName: 'builder', nodeName: 'n1' } };
const legacyToken = jwtSigner(key)(legacyTokenClaims({ namespace: 'kube-system', name: 'builder', uid: 'sa-1' }, 'old'));

function setUp(options: { anonymous?: boolean } = {}) {
  const reader = new MemoryReader({
    serviceaccounts: [account],
    pods: [pod],
    nodes: [{ metadata: { name: 'n1', uid: 'node-1' } }],
    secrets: [
      secretOf('bootstrap-token-abcdef', 'bootstrap.kubernetes.io/token', {
        'token-id': 'abcdef',
        'token-secret': '0123456789abcdef',
        'usage-bootstrap-authentication': 'true',
        'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
      }),
      secretOf('bootstrap-token-expire', 'bootstrap.kubernetes.io/token', {
        'token-id': 'expire',
        'token-secret': '0123456789abcdef',
        'usage-bootstrap-authentication': 'true',
        expiration: '2020-01-01T00:00:00Z',
      }),
      secretOf('bootstrap-token-signer', 'bootstrap.kubernetes.io/token', { 'token-id': 'signer', 'token-secret': '0123456789abcdef' }),
      secretOf('old', 'kubernetes.io/service-account-token', { token: legacyToken }),
    ],
  });
  const authentication = createAuthentication({
    ...options,
    clientCa: ca.certificate,
    requestHeader: { ca: frontProxyCa.certificate, allowedNames: ['front-proxy-client'] },
    serviceAccounts: { keys: [publicKeyPem(key)] },
    reader,
  });
  const issue = tokenIssuer({ key, issuer: DEFAULT_ISSUER, apiAudiences: [DEFAULT_ISSUER], reader });
  return { reader, authentication, issue };
}

function withCertificate({ certificate }: KeyPair, headers: Credentials['headers'] = {}): Credentials {
  const parsed = new X509Certificate(certificate);
  return { headers, certificate: { subject: parsed.toLegacyObject().subject as { CN?: string; O?: string | string[] }, raw: parsed.raw } };
}

const bearer = (token: string): Credentials => ({ headers: { authorization: `Bearer ${token}` } });

async function refusal(action: () => unknown): Promise<{ code: number; message: string; cause: string }> {
  try {
    await action();
  } catch (error) {
    const { code, message, cause } = error as StatusError;
    return { code, message, cause: (cause as Error).message };
  }
  throw new Error('it was not refused');
}

describe('client certificates', () => {
  it('name the user and its groups', async () => {
    const { authentication } = setUp();
    const user = await authentication.authenticate(
      withCertificate(await issueCertificate(ca, { commonName: 'alice', organizations: ['dev', 'ops'] })),
    );
    expect(user).toMatchObject({ name: 'alice', groups: ['dev', 'ops', 'system:authenticated'] });
    expect(user.extra?.['authentication.kubernetes.io/credential-id']?.[0]).toMatch(/^X509SHA256=[0-9a-f]{64}$/);
  });

  it('of another authority count for nothing, though TLS let them in', async () => {
    const { authentication } = setUp();
    const certificate = await issueCertificate(frontProxyCa, { commonName: 'mallory', organizations: ['system:masters'] });
    expect(await authentication.authenticate(withCertificate(certificate))).toEqual({
      name: 'system:anonymous',
      groups: ['system:unauthenticated'],
    });
    const namesake = await issueCertificate(await createCa('kubernetes'), { commonName: 'mallory', organizations: ['system:masters'] });
    expect(await authentication.authenticate(withCertificate(namesake))).toMatchObject({ name: 'system:anonymous' });
  });

  it('of servers count for nothing', async () => {
    const { authentication } = setUp();
    const server = await issueCertificate(ca, { commonName: 'kube-apiserver', usages: ['digital signature', 'server auth'] });
    expect(await authentication.authenticate(withCertificate(server))).toMatchObject({ name: 'system:anonymous' });
  });
});

describe('the front proxy', () => {
  const headers = { 'x-remote-user': ['alice'], 'x-remote-group': ['dev', 'ops'], 'x-remote-extra-scopes%2fx': ['a', 'b'] };

  it('speaks for others with its own certificate', async () => {
    const { authentication } = setUp();
    const proxy = await issueCertificate(frontProxyCa, { commonName: 'front-proxy-client' });
    expect(await authentication.authenticate(withCertificate(proxy, headers))).toEqual({
      name: 'alice',
      groups: ['dev', 'ops', 'system:authenticated'],
      extra: { 'scopes/x': ['a', 'b'] },
    });
  });

  it('is believed from nobody else', async () => {
    const { authentication } = setUp();
    const others = [
      await issueCertificate(ca, { commonName: 'front-proxy-client' }),
      await issueCertificate(frontProxyCa, { commonName: 'bob' }),
    ];
    expect(await authentication.authenticate(withCertificate(others[0]!, headers))).toMatchObject({ name: 'front-proxy-client' });
    expect(await authentication.authenticate(withCertificate(others[1]!, headers))).toMatchObject({ name: 'system:anonymous' });
    expect(await authentication.authenticate({ headers })).toMatchObject({ name: 'system:anonymous' });
  });
});

describe('service account tokens', () => {
  const request = {
    metadata: { name: '' },
    spec: { audiences: [], expirationSeconds: 3607, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web', uid: 'pod-1' } },
  };
  const token = (issue: ReturnType<typeof setUp>['issue'], change: object = {}): string =>
    issue({ namespace: 'kube-system', name: 'builder' }, { ...request, spec: { ...request.spec, ...change } }).status?.token ?? '';

  it('name the account, and the pod they are bound to', async () => {
    const { authentication, issue } = setUp();
    expect(await authentication.authenticate(bearer(token(issue)))).toEqual({
      name: 'system:serviceaccount:kube-system:builder',
      uid: 'sa-1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=/)],
        'authentication.kubernetes.io/pod-name': ['web'],
        'authentication.kubernetes.io/pod-uid': ['pod-1'],
        'authentication.kubernetes.io/node-name': ['n1'],
        'authentication.kubernetes.io/node-uid': ['node-1'],
      },
    });
  });

  it.each([
    ['the pod is gone', (reader: MemoryReader) => reader.remove({ group: '', resource: 'pods' }, 'kube-system', 'web')],
    [
      'the pod was made anew',
      (reader: MemoryReader) => reader.put({ group: '', resource: 'pods' }, { ...pod, metadata: { ...pod.metadata, uid: 'pod-2' } }),
    ],
    ['the account is gone', (reader: MemoryReader) => reader.remove({ group: '', resource: 'serviceaccounts' }, 'kube-system', 'builder')],
    [
      'the account was made anew',
      (reader: MemoryReader) => reader.put({ group: '', resource: 'serviceaccounts' }, { metadata: { ...account.metadata, uid: 'sa-2' } }),
    ],
  ])('end at once when %s', async (_, change) => {
    const { authentication, issue, reader } = setUp();
    const credentials = bearer(token(issue));
    await authentication.authenticate(credentials);
    change(reader);
    expect(await refusal(() => authentication.authenticate(credentials))).toMatchObject({ code: 401, message: 'Unauthorized' });
  });

  it('are good for their audiences only', async () => {
    const { authentication, issue } = setUp();
    const vault = token(issue, { audiences: ['vault'] });
    expect((await refusal(() => authentication.authenticate(bearer(vault)))).cause).toContain('is invalid for the target audiences');
    expect(authentication.authenticateToken(vault, ['vault', 'other'])?.audiences).toEqual(['vault']);
  });

  it('end', async () => {
    const { authentication, issue } = setUp();
    const old = issue(
      { namespace: 'kube-system', name: 'builder' },
      { metadata: { name: '' }, spec: { audiences: [] } },
      new Date(Date.now() - 3700_000),
    );
    expect((await refusal(() => authentication.authenticate(bearer(old.status?.token ?? '')))).cause).toBe(
      'service account token has expired',
    );
  });

  it('in secrets work as long as the secret holds them', async () => {
    const { authentication, reader } = setUp();
    expect(await authentication.authenticate(bearer(legacyToken))).toMatchObject({
      name: 'system:serviceaccount:kube-system:builder',
      uid: 'sa-1',
    });
    reader.remove({ group: '', resource: 'secrets' }, 'kube-system', 'old');
    expect(await refusal(() => authentication.authenticate(bearer(legacyToken)))).toMatchObject({
      code: 401,
      cause: 'service account token has been invalidated',
    });
  });

  it('of another key are refused', async () => {
    const { authentication } = setUp();
    const forged = jwtSigner(privateKeyPem(await generateKey()))({ iss: DEFAULT_ISSUER, aud: [DEFAULT_ISSUER], exp: 9e9 });
    expect(await refusal(() => authentication.authenticate(bearer(forged)))).toMatchObject({ code: 401, message: 'Unauthorized' });
  });

  it('that a kubelet asks for live on for a year, but say when to renew them', () => {
    const { issue } = setUp();
    const now = new Date('2026-01-01T00:00:00Z');
    const answer = issue({ namespace: 'kube-system', name: 'builder' }, request, now);
    const claims = JSON.parse(Buffer.from((answer.status?.token ?? '').split('.')[1] ?? '', 'base64url').toString()) as {
      exp: number;
      'kubernetes.io': object;
    };
    expect(answer.status?.expirationTimestamp).toBe('2026-01-01T01:00:07Z');
    expect(claims.exp).toBe(now.getTime() / 1000 + 365 * 86400);
    expect(claims['kubernetes.io']).toMatchObject({ warnafter: now.getTime() / 1000 + 3607 });
  });

  it.each([
    [
      { expirationSeconds: 60 },
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    ],
    [{ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } }, 'pods "none" not found'],
    [
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web', uid: 'other' } },
      'Operation cannot be fulfilled on pods "web": the UID in the bound object reference (other) does not match the UID in record. The object might have been deleted and then recreated',
    ],
  ])('are not issued for %j', (change, message) => {
    expect(() => token(setUp().issue, change)).toThrow(message);
  });
});

describe('bootstrap tokens', () => {
  it('name a machine that wants to join', async () => {
    expect(await setUp().authentication.authenticate(bearer('abcdef.0123456789abcdef'))).toEqual({
      name: 'system:bootstrap:abcdef',
      groups: ['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token', 'system:authenticated'],
    });
  });

  it.each([
    ['of another secret', 'abcdef.fedcba9876543210'],
    ['that have expired', 'expire.0123456789abcdef'],
    ['for another use', 'signer.0123456789abcdef'],
    ['that do not exist', 'zzzzzz.0123456789abcdef'],
    ['of no form known', 'nonsense'],
  ])('%s are refused', async (_, token) => {
    expect(await refusal(() => setUp().authentication.authenticate(bearer(token)))).toMatchObject({ code: 401, message: 'Unauthorized' });
  });
});

describe('a request without credentials', () => {
  it('is anonymous, or refused where that is switched off', async () => {
    expect(await setUp().authentication.authenticate({ headers: {} })).toEqual({
      name: 'system:anonymous',
      groups: ['system:unauthenticated'],
    });
    expect(await refusal(() => setUp({ anonymous: false }).authentication.authenticate({ headers: {} }))).toMatchObject({ code: 401 });
  });
});

describe('a browser', () => {
  it('may send its token as a WebSocket subprotocol', async () => {
    const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from('abcdef.0123456789abcdef').toString('base64url')}`;
    const headers = { 'sec-websocket-protocol': `${protocol}, v5.channel.k8s.io` };
    expect(await setUp().authentication.authenticate({ headers })).toMatchObject({ name: 'system:bootstrap:abcdef' });
  });
});
