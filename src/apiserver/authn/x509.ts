import { createHash, X509Certificate } from 'node:crypto';
import { certificateBlocks } from '#pki';
import type { Authenticator, Credentials, UserInfo } from '../types.ts';

type ClientCertificate = NonNullable<Credentials['certificate']>;

interface Verified {
  validUntil: number;
  user: UserInfo;
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_USAGE = '2.5.29.37.0';

/**
 * Users from client certificates of the CAs in the bundle (PEM): the common name is the user, the organizations are the
 * groups. TLS may let in certificates of several CAs, so each certificate is checked here against these, once a connection.
 */
export function x509Authenticator(clientCa: string): Authenticator {
  const verify = certificateVerifier(clientCa);
  const known = new WeakMap<ClientCertificate, Verified | false>();
  return ({ certificate }) => {
    if (certificate === undefined) return undefined;
    let verified = known.get(certificate);
    if (verified === undefined) known.set(certificate, (verified = identify(certificate, verify)));
    return verified !== false && verified.validUntil > Date.now() ? verified.user : undefined;
  };
}

function identify(certificate: ClientCertificate, verify: CertificateVerifier): Verified | false {
  const { CN, O, UID } = certificate.subject;
  if (CN === undefined || CN === '') return false;
  const validUntil = verify(certificate.raw);
  if (validUntil === undefined) return false;
  const groups = O === undefined ? [] : typeof O === 'string' ? [O] : [...O];
  const fingerprint = createHash('sha256').update(certificate.raw).digest('hex');
  const extra = { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] };
  return { validUntil, user: { name: CN, ...(UID === undefined ? {} : { uid: UID }), groups, extra } };
}

/** Until when (ms since 1970) a certificate is good; undefined if it is not: of another CA, too young, for other uses. */
export type CertificateVerifier = (der: Buffer) => number | undefined;

/** A verifier for client certificates directly under one of the CAs in the bundle (PEM). */
export function certificateVerifier(bundle: string): CertificateVerifier {
  const authorities = certificateBlocks(bundle).map((der) => new X509Certificate(der));
  return (der) => {
    const certificate = new X509Certificate(der);
    const usages: readonly string[] | undefined = certificate.keyUsage;
    const mayBeClient = usages === undefined || usages.length === 0 || usages.includes(CLIENT_AUTH) || usages.includes(ANY_USAGE);
    if (certificate.ca || !mayBeClient || Date.parse(certificate.validFrom) > Date.now()) return undefined;
    const issuer = authorities.find((ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey));
    return issuer === undefined ? undefined : Math.min(Date.parse(certificate.validTo), Date.parse(issuer.validTo));
  };
}
