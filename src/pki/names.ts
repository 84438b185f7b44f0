import { isIP } from 'node:net';
import { children, decode, decodeOid, encode, implicit, oid, sequence, set, text, type DerNode } from './der.ts';

const ORGANIZATION = '2.5.4.10';
const COMMON_NAME = '2.5.4.3';

/** Whom a certificate speaks of. */
export interface Subject {
  commonName: string;
  organizations: string[];
}

/** A distinguished name: the organizations, then the common name. */
export function encodeSubject(subject: { commonName: string; organizations?: readonly string[] }): Buffer {
  const attribute = (type: string, value: string): Buffer => set(sequence(oid(type), text(value)));
  const organizations = (subject.organizations ?? []).map((name) => attribute(ORGANIZATION, name));
  return sequence(...organizations, attribute(COMMON_NAME, subject.commonName));
}

/** Common name and organizations of a distinguished name; other attributes are left out. */
export function decodeSubject(name: DerNode): Subject {
  const subject: Subject = { commonName: '', organizations: [] };
  for (const relative of children(name)) {
    for (const attribute of children(relative)) {
      const [type, value] = children(attribute);
      if (type === undefined || value === undefined) continue;
      const shown = value.content.toString('utf8');
      if (decodeOid(type) === COMMON_NAME) subject.commonName = shown;
      if (decodeOid(type) === ORGANIZATION) subject.organizations.push(shown);
    }
  }
  return subject;
}

const EMAIL = 1;
const DNS = 2;
const URI = 6;
const IP = 7;

/** GeneralNames from plain texts: addresses, URIs (with `://`), e-mail addresses (with `@`), else DNS names. */
export function encodeSans(sans: readonly string[]): Buffer {
  return sequence(...sans.map(encodeSan));
}

function encodeSan(san: string): Buffer {
  if (isIP(san) !== 0) return implicit(IP, addressBytes(san));
  const kind = san.includes('://') ? URI : san.includes('@') ? EMAIL : DNS;
  return implicit(kind, Buffer.from(san, 'ascii'));
}

export interface SanList {
  dnsNames: string[];
  ipAddresses: string[];
  emails: string[];
  uris: string[];
}

/** GeneralNames sorted by kind. */
export function decodeSans(der: Buffer): SanList {
  const list: SanList = { dnsNames: [], ipAddresses: [], emails: [], uris: [] };
  for (const name of children(decode(der))) {
    const kind = name.tag & 0x1f;
    if (kind === IP) list.ipAddresses.push(addressText(name.content));
    else if (kind === DNS) list.dnsNames.push(name.content.toString('ascii'));
    else if (kind === EMAIL) list.emails.push(name.content.toString('ascii'));
    else if (kind === URI) list.uris.push(name.content.toString('ascii'));
  }
  return list;
}

/** The 4 or 16 bytes of an IP address. */
export function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  if (embedded !== null) {
    const v4 = addressBytes(embedded[2] ?? '');
    return addressBytes(`${embedded[1]}${v4.readUInt16BE(0).toString(16)}:${v4.readUInt16BE(2).toString(16)}`);
  }
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  const bytes = Buffer.alloc(16);
  groups.forEach((group, i) => bytes.writeUInt16BE(parseInt(group, 16), i * 2));
  return bytes;
}

/** The shortest usual form of an address given as bytes. */
export function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** The distinguished name as it stands in a certificate, to be repeated as issuer byte for byte. */
export function rawSubjectOf(certificateDer: Buffer): Buffer {
  const fields = children(children(decode(certificateDer))[0] ?? decode(encode(0x30, [])));
  const withoutVersion = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
  const subject = withoutVersion[4];
  if (subject === undefined) throw new Error('malformed certificate');
  return subject.raw;
}
