import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCa, createCsr, generateKey, issueCertificate, parseCsr, privateKeyPem, signCsr } from './index.ts';

const ca = await createCa('kubernetes');

describe('certificates', () => {
  it('are signed by the CA, for both kinds of key', async () => {
    for (const algorithm of ['ECDSA-P256', 'RSA-2048'] as const) {
      const authority = await createCa('kubernetes', { algorithm });
      const pair = await issueCertificate(authority, { commonName: 'x', algorithm });
      const certificate = new X509Certificate(pair.certificate);
      expect(certificate.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
      expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
      expect(certificate.ca).toBe(false);
      expect(new X509Certificate(authority.certificate).ca).toBe(true);
    }
  });

  it('carry user, groups, names and usages', async () => {
    const pair = await issueCertificate(ca, {
      commonName: 'system:node:n1',
      organizations: ['system:nodes', 'extra'],
      sans: ['n1', '10.0.0.1', 'fd00::1', 'spiffe://x/y'],
      usages: ['digital signature', 'server auth', 'client auth'],
    });
    const certificate = new X509Certificate(pair.certificate);
    expect(certificate.toLegacyObject().subject).toMatchObject({ CN: 'system:node:n1', O: ['system:nodes', 'extra'] });
    expect(certificate.subjectAltName).toBe('DNS:n1, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1, URI:spiffe://x/y');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  it('never outlive their CA', async () => {
    const short = await createCa('short', { days: 2 });
    const pair = await issueCertificate(short, { commonName: 'x', days: 365 });
    expect(new X509Certificate(pair.certificate).validTo).toBe(new X509Certificate(short.certificate).validTo);
  });
});

describe('certificate requests', () => {
  it('are read back and signed', async () => {
    for (const algorithm of ['ECDSA-P256', 'RSA-2048'] as const) {
      const key = privateKeyPem(await generateKey(algorithm));
      const csr = createCsr({ key, commonName: 'system:node:n1', organizations: ['system:nodes'], sans: ['n1', '10.0.0.1'] });
      expect(parseCsr(csr)).toMatchObject({
        commonName: 'system:node:n1',
        organizations: ['system:nodes'],
        dnsNames: ['n1'],
        ipAddresses: ['10.0.0.1'],
      });
      const certificate = new X509Certificate(signCsr(ca, csr, { usages: ['digital signature', 'client auth'], seconds: 3600 }));
      expect(certificate.toLegacyObject().subject).toMatchObject({ CN: 'system:node:n1', O: 'system:nodes' });
      expect(certificate.checkHost('n1')).toBe('n1');
      expect(certificate.verify(new X509Certificate(ca.certificate).publicKey)).toBe(true);
      expect(Date.parse(certificate.validTo) - Date.now()).toBeLessThanOrEqual(3600_000);
    }
  });

  it('are refused when somebody changed them', async () => {
    const csr = createCsr({ key: privateKeyPem(await generateKey()), commonName: 'alice' });
    const der = Buffer.from(csr.replaceAll(/-----.*-----/g, ''), 'base64');
    der.write('mallo', der.indexOf('alice'));
    const changed = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(() => parseCsr(changed)).toThrow('signature of the certificate request is not valid');
  });

  it('are refused when they are something else', () => {
    expect(() => parseCsr(ca.certificate)).toThrow('PEM block type must be CERTIFICATE REQUEST');
  });
});
