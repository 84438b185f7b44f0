import { describe, expect, it } from 'vitest';
import { context, created, errorsOf, NOW, rowOf, servedKindOf, type Manifest } from '../kinds.fixture.ts';
import type { CertificateSigningRequest } from '../generated/certificates-v1.ts';

const PEM = `-----BEGIN CERTIFICATE REQUEST-----
MIHXMH8CAQAwHTENMAsGA1UEAwwEamFuZTEMMAoGA1UECgwDZGV2MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEWGRg6mNckcFth7mzjprh3gWhtWbxFwdqwPAtOKEW
kXAqePFynpc0EFBSHe5o4jDwi92g6keJD6BH3Wc0ngwF8qAAMAoGCCqGSM49BAMC
A0gAMEUCIEQTdhqhPAfLLnBmx8jsBxveV8ta6KMZYY7q3r4zwucXAiEA+iwxjxFF
REg3Ag35/mhjLcLzi3yZpLjt+srJktsRAaI=
-----END CERTIFICATE REQUEST-----
`;
const request = Buffer.from(PEM).toString('base64');
const type = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' };
const csr = (spec: object = {}): Manifest => ({
  ...type,
  spec: { request, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'], ...spec },
});
const { definition } = servedKindOf(type);

function written(subresource: string, status: CertificateSigningRequest['status'], old = created<CertificateSigningRequest>(csr())) {
  const object = { ...structuredClone(old), status };
  definition.prepareForStatusUpdate?.(object, old, { ...context, subresource });
  return { object, errors: (definition.validateStatusUpdate?.(object, old) ?? []).map(String) };
}

describe('a CertificateSigningRequest', () => {
  it('says who made it, whatever the client says', () => {
    const { spec, status } = created<CertificateSigningRequest>(csr({ username: 'admin', groups: ['system:masters'] }));
    expect(spec).toMatchObject({ username: 'jane', uid: 'u1', groups: ['dev'] });
    expect(status).toEqual({});
  });

  it.each<[string, object, string]>([
    ['a request that is none', { request: Buffer.from('hello').toString('base64') }, 'PEM block type must be CERTIFICATE REQUEST'],
    ['no usage', { usages: [] }, 'spec.usages: Required value'],
    [
      'an unknown usage',
      { usages: ['world domination'] },
      'spec.usages[0]: Unsupported value: "world domination": supported values: "any", "cert sign"',
    ],
    ['no signer', { signerName: '' }, 'spec.signerName: Required value'],
    [
      'a signer without domain',
      { signerName: 'me' },
      'spec.signerName: Invalid value: "me": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
    ],
    [
      'a short life',
      { expirationSeconds: 599 },
      'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)',
    ],
  ])('is refused with %s', (_, spec, error) => {
    expect(errorsOf(csr(spec)).join('\n')).toContain(error);
  });

  it('prints as kubectl shows it', () => {
    const object = created<CertificateSigningRequest>(csr({ expirationSeconds: 86400 }));
    expect(rowOf(object)).toEqual({
      Name: 'a',
      Age: '4m5s',
      SignerName: 'kubernetes.io/kube-apiserver-client',
      Requestor: 'jane',
      RequestedDuration: '24h',
      Condition: 'Pending',
    });
    object.status = { conditions: [{ type: 'Approved', status: 'True' }], certificate: 'YQ==' };
    expect(rowOf(object)).toMatchObject({ Condition: 'Approved,Issued' });
  });

  it('is approved with the time of the request, and stays approved', () => {
    const { object, errors } = written('approval', {
      conditions: [{ type: 'Approved', status: 'True', reason: 'KubectlApprove' }],
      certificate: 'YQ==',
    });
    const time = NOW.toISOString().replace('.000', '');
    expect(errors).toEqual([]);
    expect(object.status).toEqual({
      conditions: [{ type: 'Approved', status: 'True', reason: 'KubectlApprove', lastUpdateTime: time, lastTransitionTime: time }],
    });
    expect(written('approval', { conditions: [] }, object).errors).toEqual([
      'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
    ]);
  });

  it('is not approved by its signer', () => {
    const { object } = written('status', { conditions: [{ type: 'Approved', status: 'True' }] });
    expect(object.status.conditions).toEqual([]);
  });

  it('of v1beta1 has a signer and usages', () => {
    const object = created<CertificateSigningRequest>({
      ...csr({ signerName: undefined, usages: undefined }),
      apiVersion: 'certificates.k8s.io/v1beta1',
    });
    expect(object.spec).toMatchObject({ signerName: 'kubernetes.io/legacy-unknown', usages: ['digital signature', 'key encipherment'] });
  });
});
