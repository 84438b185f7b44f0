import { createPublicKey } from 'node:crypto';
import { certify, type KeyPair } from './certificate.ts';
import {
  bitString,
  children,
  decode,
  decodeOid,
  encode,
  explicit,
  octetString,
  oid,
  sequence,
  set,
  unsigned,
  type DerNode,
} from './der.ts';
import { privateKeyOf, publicKeyDer, signDer, verifyDer } from './keys.ts';
import { decodeSans, decodeSubject, encodeSans, encodeSubject, type SanList, type Subject } from './names.ts';
import { pemBlocks, toPem } from './pem.ts';
import type { KeyUsage } from './usages.ts';

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';

/** What a certificate request (PKCS #10) asks for. */
export interface ParsedCsr extends Subject, SanList {
  /** SubjectPublicKeyInfo, DER. */
  publicKey: Buffer;
}

/** A request in PEM for the given private key (PEM). */
export function createCsr(request: {
  key: string;
  commonName: string;
  organizations?: readonly string[];
  sans?: readonly string[];
}): string {
  const key = privateKeyOf(request.key);
  const signed = signDer(key, () =>
    sequence(unsigned(Buffer.from([0])), encodeSubject(request), publicKeyDer(key), explicit(0, ...extensionRequest(request.sans ?? []))),
  );
  return toPem('CERTIFICATE REQUEST', sequence(signed.body, signed.algorithm, bitString(signed.signature)));
}

function extensionRequest(sans: readonly string[]): Buffer[] {
  if (sans.length === 0) return [];
  const extension = sequence(oid(SUBJECT_ALTERNATIVE_NAME), octetString(encodeSans(sans)));
  return [sequence(oid(EXTENSION_REQUEST), set(sequence(extension)))];
}

/** Reads a request and checks that it is signed by its own key. Throws a plain Error that says what is wrong. */
export function parseCsr(pem: string): ParsedCsr {
  const der = pemBlocks(pem, 'CERTIFICATE REQUEST')[0];
  if (der === undefined) throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const [info, algorithm, signature] = children(decode(der));
  if (info === undefined || algorithm === undefined || signature === undefined) throw new Error('malformed certificate request');
  const [, subject, publicKey, attributes] = children(info);
  if (subject === undefined || publicKey === undefined) throw new Error('malformed certificate request');
  const key = createPublicKey({ key: publicKey.raw, format: 'der', type: 'spki' });
  if (!verifyDer(key, firstOid(algorithm), info.raw, signature.content.subarray(1))) {
    throw new Error('the signature of the certificate request is not valid');
  }
  return { ...decodeSubject(subject), ...requestedSans(attributes), publicKey: publicKey.raw };
}

function firstOid(node: DerNode): string {
  const first = children(node)[0];
  return first === undefined ? '' : decodeOid(first);
}

function requestedSans(attributes: DerNode | undefined): SanList {
  for (const attribute of attributes === undefined ? [] : children(attributes)) {
    const [type, values] = children(attribute);
    if (type === undefined || values === undefined || decodeOid(type) !== EXTENSION_REQUEST) continue;
    for (const list of children(values)) {
      for (const extension of children(list)) {
        if (firstOid(extension) !== SUBJECT_ALTERNATIVE_NAME) continue;
        const value = children(extension).at(-1);
        if (value !== undefined) return decodeSans(value.content);
      }
    }
  }
  return decodeSans(encode(0x30, []));
}

/**
 * A certificate (PEM) for the request's subject, names and key. Usages and length of validity are the signer's decision;
 * the certificate never outlives the CA. Throws a plain Error for a request that is malformed or not signed by its key.
 */
export function signCsr(ca: KeyPair, pem: string, options: { usages: readonly KeyUsage[]; seconds: number }): string {
  const csr = parseCsr(pem);
  const sans = [...csr.dnsNames, ...csr.ipAddresses, ...csr.emails, ...csr.uris];
  return certify(ca, csr.publicKey, { ...csr, sans, ...options });
}
