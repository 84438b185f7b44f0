import { createPrivateKey, createPublicKey, generateKeyPair, sign, verify, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { nothing, oid, sequence } from './der.ts';

/** ECDSA P-256 is the default: a key is made in a fraction of a millisecond, RSA takes a tenth of a second and more. */
export type KeyAlgorithm = 'ECDSA-P256' | 'RSA-2048' | 'RSA-3072' | 'RSA-4096';

const generate = promisify(generateKeyPair);

/** A new private key. */
export async function generateKey(algorithm: KeyAlgorithm = 'ECDSA-P256'): Promise<KeyObject> {
  const pair =
    algorithm === 'ECDSA-P256'
      ? await generate('ec', { namedCurve: 'prime256v1' })
      : await generate('rsa', { modulusLength: Number(algorithm.slice(4)) });
  return pair.privateKey;
}

/** A private key as PEM, in the traditional form of its type (`EC PRIVATE KEY`, `RSA PRIVATE KEY`). */
export function privateKeyPem(key: KeyObject): string {
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs8';
  return key.export({ type, format: 'pem' });
}

/** The public half of a private key as PEM (`PUBLIC KEY`). */
export function publicKeyPem(key: KeyObject | string): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' });
}

/** The SubjectPublicKeyInfo of a private or public key. */
export function publicKeyDer(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'der' });
}

/** A private key from PEM or as it is. */
export function privateKeyOf(key: KeyObject | string): KeyObject {
  return typeof key === 'string' ? createPrivateKey(key) : key;
}

interface SignatureAlgorithm {
  identifier: Buffer;
  hash: string | null;
}

function signatureAlgorithm(key: KeyObject): SignatureAlgorithm {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { identifier: sequence(oid('1.2.840.113549.1.1.11'), nothing()), hash: 'sha256' };
    case 'ec':
      switch (key.asymmetricKeyDetails?.namedCurve) {
        case 'secp384r1':
          return { identifier: sequence(oid('1.2.840.10045.4.3.3')), hash: 'sha384' };
        case 'secp521r1':
          return { identifier: sequence(oid('1.2.840.10045.4.3.4')), hash: 'sha512' };
        default:
          return { identifier: sequence(oid('1.2.840.10045.4.3.2')), hash: 'sha256' };
      }
    case 'ed25519':
      return { identifier: sequence(oid('1.3.101.112')), hash: null };
    default:
      throw new Error(`a key of type ${key.asymmetricKeyType ?? 'unknown'} cannot sign certificates`);
  }
}

/** Signs a to-be-signed structure: the AlgorithmIdentifier (also for the structure itself) and the signature. */
export function signDer(key: KeyObject, build: (algorithm: Buffer) => Buffer): { body: Buffer; algorithm: Buffer; signature: Buffer } {
  const { identifier, hash } = signatureAlgorithm(key);
  const body = build(identifier);
  return { body, algorithm: identifier, signature: sign(hash, body, key) };
}

const HASHES: Record<string, string | null> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};

/** True if `signature`, made with the algorithm of this OID, is the key's own over `body`. */
export function verifyDer(key: KeyObject, algorithmOid: string, body: Buffer, signature: Buffer): boolean {
  const hash = HASHES[algorithmOid];
  return hash !== undefined && verify(hash, body, key, signature);
}
