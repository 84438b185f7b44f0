import { createPublicKey, X509Certificate } from 'node:crypto';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+?)-----END \1-----/g;
const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;

interface Block {
  type: string;
  der: Buffer;
}

function blocks(base64: string): Block[] {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  return [...text.matchAll(BLOCK)].map(([, type = '', body = '']) => ({ type, der: Buffer.from(body, 'base64') }));
}

/** What is wrong with a PEM certificate request (in base64, as the API carries bytes); undefined: nothing. */
export function problemOfRequest(base64: string): string | undefined {
  const [block] = blocks(base64);
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  return problemOf(() => readRequest(block.der));
}

/** What is wrong with PEM certificates (in base64, as the API carries bytes); undefined: nothing. */
export function problemOfCertificates(base64: string): string | undefined {
  const found = blocks(base64);
  if (found.length === 0) return 'must contain at least one certificate';
  if (found.some(({ type }) => type !== 'CERTIFICATE')) return 'only CERTIFICATE PEM blocks are allowed';
  for (const { der } of found) {
    const problem = problemOf(() => new X509Certificate(der));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Walks through a PKCS #10 request; throws where it is none, or where its key is not one. */
function readRequest(der: Buffer): void {
  const [request] = elements(der);
  const [info, algorithm, signature] = elements(contentOf(request, SEQUENCE));
  contentOf(algorithm, SEQUENCE);
  contentOf(signature, BIT_STRING);
  const [version, subject, key] = elements(contentOf(info, SEQUENCE));
  contentOf(version, INTEGER);
  contentOf(subject, SEQUENCE);
  contentOf(key, SEQUENCE);
  createPublicKey({ key: key?.whole ?? Buffer.alloc(0), format: 'der', type: 'spki' });
}

interface Element {
  tag: number;
  content: Buffer;
  whole: Buffer;
}

function contentOf(element: Element | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new Error("asn1: structure error: tags don't match");
  return element.content;
}

/** The DER elements that stand one after the other in these bytes. */
function elements(der: Buffer): Element[] {
  const found: Element[] = [];
  let offset = 0;
  while (offset < der.length) {
    let length = der[offset + 1] ?? 0;
    let start = offset + 2;
    if (length >= 0x80) {
      const size = length & 0x7f;
      if (size === 0 || size > 4 || start + size > der.length) throw new Error('asn1: syntax error: invalid length');
      length = der.readUIntBE(start, size);
      start += size;
    }
    const end = start + length;
    if (end > der.length) throw new Error('asn1: syntax error: data truncated');
    found.push({ tag: der[offset] ?? 0, content: der.subarray(start, end), whole: der.subarray(offset, end) });
    offset = end;
  }
  return found;
}
