import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { openSecretbox, sealSecretbox, SECRETBOX_NONCE } from './secretbox.ts';

/** One key of one provider. `context` is the value's own key in the store, which aesgcm binds it to. */
export interface Cipher {
  /** What stands before everything that it encrypts. */
  readonly prefix: string;
  encrypt(plain: Buffer, context: string): Buffer;
  /** Throws when the bytes were not encrypted with this key. */
  decrypt(sealed: Buffer, context: string): Buffer;
}

const AES_BLOCK = 16;
const GCM_NONCE = 12;
const GCM_TAG = 16;

function aescbc(secret: Buffer): Omit<Cipher, 'prefix'> {
  const algorithm = `aes-${secret.length * 8}-cbc`;
  return {
    encrypt(plain) {
      const iv = randomBytes(AES_BLOCK);
      const cipher = createCipheriv(algorithm, secret, iv);
      return Buffer.concat([iv, cipher.update(plain), cipher.final()]);
    },
    decrypt(sealed) {
      if (sealed.length < 2 * AES_BLOCK) throw new Error('the stored data is too short');
      const decipher = createDecipheriv(algorithm, secret, sealed.subarray(0, AES_BLOCK));
      return Buffer.concat([decipher.update(sealed.subarray(AES_BLOCK)), decipher.final()]);
    },
  };
}

function aesgcm(secret: Buffer): Omit<Cipher, 'prefix'> {
  const algorithm = `aes-${secret.length * 8}-gcm` as 'aes-256-gcm';
  return {
    encrypt(plain, context) {
      const nonce = randomBytes(GCM_NONCE);
      const cipher = createCipheriv(algorithm, secret, nonce).setAAD(Buffer.from(context));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    decrypt(sealed, context) {
      if (sealed.length < GCM_NONCE + GCM_TAG) throw new Error('the stored data is too short');
      const decipher = createDecipheriv(algorithm, secret, sealed.subarray(0, GCM_NONCE)).setAAD(Buffer.from(context));
      decipher.setAuthTag(sealed.subarray(-GCM_TAG));
      return Buffer.concat([decipher.update(sealed.subarray(GCM_NONCE, -GCM_TAG)), decipher.final()]);
    },
  };
}

function secretbox(secret: Buffer): Omit<Cipher, 'prefix'> {
  return {
    encrypt(plain) {
      const nonce = randomBytes(SECRETBOX_NONCE);
      return Buffer.concat([nonce, sealSecretbox(plain, nonce, secret)]);
    },
    decrypt(sealed) {
      const plain = openSecretbox(sealed.subarray(SECRETBOX_NONCE), sealed.subarray(0, SECRETBOX_NONCE), secret);
      if (plain === undefined) throw new Error('the data does not belong to this key, or was changed');
      return plain;
    },
  };
}

const AES_KEYS = [16, 24, 32];

export type ProviderName = 'aescbc' | 'aesgcm' | 'secretbox';

/** The providers with keys of their own, and the lengths that the keys may have. */
export const PROVIDERS: Record<ProviderName, { make(secret: Buffer): Omit<Cipher, 'prefix'>; lengths: readonly number[] }> = {
  aescbc: { make: aescbc, lengths: AES_KEYS },
  aesgcm: { make: aesgcm, lengths: AES_KEYS },
  secretbox: { make: secretbox, lengths: [32] },
};

export function cipher(provider: ProviderName, keyName: string, secret: Buffer): Cipher {
  return { prefix: `k8s:enc:${provider}:v1:${keyName}:`, ...PROVIDERS[provider].make(secret) };
}
