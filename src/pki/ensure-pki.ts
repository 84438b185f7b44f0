import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createCa, issueCertificate, type KeyPair } from './certificate.ts';
import { generateKey, privateKeyPem, publicKeyPem } from './keys.ts';
import { CAS, leaves, type CaName, type Leaf, type LeafName, type PkiOptions } from './layout.ts';
import { writeFileAtomically } from './write-file.ts';

/** A certificate and its key with the files that they are in. `key` of a CA is empty when only its certificate is here. */
export interface StoredKeyPair extends KeyPair {
  certificateFile: string;
  keyFile: string;
}

/** All certificates and keys of a cluster. */
export interface Pki extends Record<CaName | LeafName, StoredKeyPair> {
  dir: string;
  /** Signs and verifies service account tokens; PEM. */
  serviceAccount: { privateKey: string; publicKey: string; privateKeyFile: string; publicKeyFile: string };
}

const KEY_MODE = 0o600;
const CERTIFICATE_MODE = 0o644;
/** A certificate that ends within this time is made anew. */
const RENEW_BEFORE = 30 * 86_400_000;

/**
 * Makes what is missing of a cluster's certificates and keys and keeps what is there. Made anew, too: certificates that are
 * expired or soon will be, that do not match their key or their CA, or whose names lack one of the options'.
 * A CA without its key is a CA kept elsewhere: it is used as it is. Throws a plain Error when then something must be signed.
 */
export async function ensurePki(options: PkiOptions): Promise<Pki> {
  mkdirSync(join(options.dir, 'etcd'), { recursive: true });
  const authorities = await mapValues(CAS, (ca) => ensureCa(options, ca));
  const [certificates, serviceAccount] = await Promise.all([
    mapValues(leaves(options), (leaf) => ensureLeaf(options, leaf, authorities[leaf.ca])),
    ensureServiceAccountKey(options),
  ]);
  return { dir: options.dir, ...authorities, ...certificates, serviceAccount };
}

async function mapValues<K extends string, V, R>(record: Record<K, V>, map: (value: V) => Promise<R>): Promise<Record<K, R>> {
  const entries = Object.entries(record) as [K, V][];
  const mapped = await Promise.all(entries.map(async ([key, value]) => [key, await map(value)] as const));
  return Object.fromEntries(mapped) as Record<K, R>;
}

function readPair(dir: string, file: string): StoredKeyPair {
  const certificateFile = join(dir, `${file}.crt`);
  const keyFile = join(dir, `${file}.key`);
  return { certificateFile, keyFile, certificate: readIfThere(certificateFile), key: readIfThere(keyFile) };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

async function store(pair: StoredKeyPair, made: KeyPair): Promise<StoredKeyPair> {
  // The key goes first: a certificate then never stands there without its key.
  if (pair.key !== made.key) await writeFileAtomically(pair.keyFile, made.key, KEY_MODE);
  await writeFileAtomically(pair.certificateFile, made.certificate, CERTIFICATE_MODE);
  return { ...pair, ...made };
}

async function ensureCa(options: PkiOptions, ca: { file: string; commonName: string }): Promise<StoredKeyPair> {
  const pair = readPair(options.dir, ca.file);
  if (pair.certificate === '') {
    const key = pair.key === '' ? undefined : readKey(pair.key, pair.keyFile) && pair.key;
    return store(pair, await createCa(ca.commonName, { key, algorithm: options.algorithm }));
  }
  const certificate = readCertificate(pair.certificate, pair.certificateFile);
  if (pair.key !== '' && !certificate.checkPrivateKey(readKey(pair.key, pair.keyFile))) {
    throw new Error(`${pair.keyFile} is not the key of ${pair.certificateFile}: restore the pair that belongs together`);
  }
  if (Date.parse(certificate.validTo) < Date.now()) {
    throw new Error(`the certificate authority ${pair.certificateFile} expired on ${certificate.validTo}: renew it`);
  }
  return pair;
}

function readKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Error(`${file} holds no readable private key: restore it, or remove it together with its certificate`, { cause });
  }
}

function readCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new Error(`${file} holds no readable certificate: restore it, or remove it together with its key`, { cause });
  }
}

async function ensureLeaf(options: PkiOptions, leaf: Leaf, ca: StoredKeyPair): Promise<StoredKeyPair> {
  const pair = readPair(options.dir, leaf.file);
  if (isUsable(pair, ca, leaf.request.sans ?? [])) return pair;
  if (ca.key === '') {
    throw new Error(`${pair.certificateFile} must be made, but the key of its authority, ${ca.keyFile}, is not here`);
  }
  return store(pair, await issueCertificate(ca, { ...leaf.request, algorithm: options.algorithm }));
}

/** May the pair serve on: readable, matching, signed by this CA, valid for a while, with all these names? */
export function isUsable(pair: KeyPair, ca: KeyPair, sans: readonly string[]): boolean {
  if (pair.certificate === '' || pair.key === '') return false;
  try {
    const certificate = new X509Certificate(pair.certificate);
    return (
      Date.parse(certificate.validTo) > Date.now() + RENEW_BEFORE &&
      certificate.checkPrivateKey(createPrivateKey(pair.key)) &&
      certificate.verify(new X509Certificate(ca.certificate).publicKey) &&
      hasNames(certificate, sans)
    );
  } catch {
    // Unreadable PEM: a leaf can always be made anew.
    return false;
  }
}

function hasNames(certificate: X509Certificate, sans: readonly string[]): boolean {
  return sans.every((san) =>
    isIP(san) === 0
      ? certificate.checkHost(san, { wildcards: false, partialWildcards: false, subject: 'never' }) !== undefined
      : certificate.checkIP(san) !== undefined,
  );
}

async function ensureServiceAccountKey(options: PkiOptions): Promise<Pki['serviceAccount']> {
  const privateKeyFile = join(options.dir, 'sa.key');
  const publicKeyFile = join(options.dir, 'sa.pub');
  let privateKey = readIfThere(privateKeyFile);
  let publicKey = readIfThere(publicKeyFile);
  if (privateKey === '') {
    privateKey = privateKeyPem(await generateKey(options.algorithm));
    await writeFileAtomically(privateKeyFile, privateKey, KEY_MODE);
    publicKey = '';
  }
  if (publicKey === '') {
    readKey(privateKey, privateKeyFile);
    publicKey = publicKeyPem(privateKey);
    await writeFileAtomically(publicKeyFile, publicKey, CERTIFICATE_MODE);
  }
  return { privateKey, publicKey, privateKeyFile, publicKeyFile };
}
