import { createHash, randomBytes, X509Certificate, type KeyObject } from 'node:crypto';
import { bitString, boolean, children, decode, explicit, implicit, namedBits, octetString, oid, sequence, time, unsigned } from './der.ts';
import { generateKey, privateKeyOf, privateKeyPem, publicKeyDer, signDer, type KeyAlgorithm } from './keys.ts';
import { encodeSans, encodeSubject, rawSubjectOf } from './names.ts';
import { toPem } from './pem.ts';
import { EXTENDED_USAGE_OIDS, KEY_USAGE_BITS, type KeyUsage } from './usages.ts';

/** A certificate with its private key, both as PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

export interface CertificateRequest {
  commonName: string;
  organizations?: readonly string[];
  /** DNS names, IP addresses, URIs and e-mail addresses. */
  sans?: readonly string[];
  /** Default: digital signature, key encipherment, client auth. */
  usages?: readonly KeyUsage[];
  /** Length of validity; default 365. Never longer than the CA's own. */
  days?: number;
  /** An existing private key (PEM) to certify in place of a new one. */
  key?: string;
  algorithm?: KeyAlgorithm;
}

const DAY = 86_400_000;
/** Certificates start a little in the past: clocks of two machines never agree. */
const BACKDATE = 5 * 60_000;
const DEFAULT_USAGES: readonly KeyUsage[] = ['digital signature', 'key encipherment', 'client auth'];

/** A new CA: a key (or the given one) and its self-signed certificate; valid 3650 days by default. */
export async function createCa(
  commonName: string,
  options: { days?: number; key?: string; algorithm?: KeyAlgorithm } = {},
): Promise<KeyPair> {
  const key = options.key === undefined ? await generateKey(options.algorithm) : privateKeyOf(options.key);
  const name = encodeSubject({ commonName });
  const certificate = signCertificate({
    issuer: { name, key, publicKey: publicKeyDer(key) },
    subject: name,
    publicKey: publicKeyDer(key),
    extensions: [
      extension('2.5.29.15', true, namedBits([0, 2, 5])),
      extension('2.5.29.19', true, sequence(boolean(true))),
      extension('2.5.29.17', false, encodeSans([commonName])),
    ],
    notBefore: new Date(Date.now() - BACKDATE),
    notAfter: new Date(Date.now() + (options.days ?? 3650) * DAY),
  });
  return { certificate, key: privateKeyPem(key) };
}

/** A certificate signed by `ca`, with a new key unless the request names one. */
export async function issueCertificate(ca: KeyPair, request: CertificateRequest): Promise<KeyPair> {
  const key = request.key === undefined ? await generateKey(request.algorithm) : privateKeyOf(request.key);
  const certificate = certify(ca, publicKeyDer(key), { ...request, seconds: (request.days ?? 365) * 86_400 });
  return { certificate, key: request.key ?? privateKeyPem(key) };
}

/** Signs someone's public key (SubjectPublicKeyInfo). `seconds` counts from now. */
export function certify(
  ca: KeyPair,
  publicKey: Buffer,
  request: Pick<CertificateRequest, 'commonName' | 'organizations' | 'sans' | 'usages'> & { seconds: number },
): string {
  const issuer = new X509Certificate(ca.certificate);
  const now = Date.now();
  return signCertificate({
    issuer: {
      name: rawSubjectOf(issuer.raw),
      key: privateKeyOf(ca.key),
      publicKey: publicKeyDer(issuer.publicKey),
    },
    subject: encodeSubject(request),
    publicKey,
    extensions: leafExtensions(request.usages ?? DEFAULT_USAGES, request.sans ?? []),
    notBefore: new Date(Math.max(now - BACKDATE, Date.parse(issuer.validFrom))),
    notAfter: new Date(Math.min(now + request.seconds * 1000, Date.parse(issuer.validTo))),
  });
}

function leafExtensions(usages: readonly KeyUsage[], sans: readonly string[]): Buffer[] {
  const bits = usages.flatMap((usage) => KEY_USAGE_BITS[usage] ?? []);
  const extended = usages.flatMap((usage) => EXTENDED_USAGE_OIDS[usage] ?? []);
  // An extension that allows nothing would forbid everything.
  const extensions = bits.length > 0 ? [extension('2.5.29.15', true, namedBits(bits))] : [];
  if (extended.length > 0) extensions.push(extension('2.5.29.37', false, sequence(...extended.map(oid))));
  extensions.push(extension('2.5.29.19', true, sequence()));
  if (sans.length > 0) extensions.push(extension('2.5.29.17', false, encodeSans(sans)));
  return extensions;
}

interface Template {
  issuer: { name: Buffer; key: KeyObject; publicKey: Buffer };
  subject: Buffer;
  publicKey: Buffer;
  extensions: Buffer[];
  notBefore: Date;
  notAfter: Date;
}

function signCertificate(template: Template): string {
  const { issuer } = template;
  const selfSigned = issuer.publicKey.equals(template.publicKey);
  const identifiers = selfSigned
    ? [extension('2.5.29.14', false, octetString(keyIdentifier(template.publicKey)))]
    : [extension('2.5.29.35', false, sequence(implicit(0, keyIdentifier(issuer.publicKey))))];
  const signed = signDer(issuer.key, (algorithm) =>
    sequence(
      explicit(0, unsigned(Buffer.from([2]))),
      unsigned(serialNumber()),
      algorithm,
      issuer.name,
      sequence(time(template.notBefore), time(template.notAfter)),
      template.subject,
      template.publicKey,
      explicit(3, sequence(...template.extensions, ...identifiers)),
    ),
  );
  return toPem('CERTIFICATE', sequence(signed.body, signed.algorithm, bitString(signed.signature)));
}

/** 63 random bits, never zero. */
function serialNumber(): Buffer {
  const serial = randomBytes(8);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return critical ? sequence(oid(id), boolean(true), octetString(value)) : sequence(oid(id), octetString(value));
}

/** SHA-1 of the public key's bits: what tells two keys of one CA name apart. */
function keyIdentifier(publicKey: Buffer): Buffer {
  const bits = children(decode(publicKey))[1];
  return createHash('sha1')
    .update((bits?.content ?? publicKey).subarray(1))
    .digest();
}
