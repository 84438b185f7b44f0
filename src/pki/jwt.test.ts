import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { generateKey, jsonWebKeySet, jwtSigner, jwtVerifier, privateKeyPem, publicKeyPem } from './index.ts';

const ec = privateKeyPem(await generateKey());
const rsa = privateKeyPem(await generateKey('RSA-2048'));

describe.each([
  ['ES256', ec],
  ['RS256', rsa],
])('a token signed with %s', (algorithm, key) => {
  const token = jwtSigner(key)({ iss: 'me', sub: 'ümlaut' });

  it('is accepted by the key and by no other', () => {
    expect(jwtVerifier([publicKeyPem(key)])(token)).toEqual({ iss: 'me', sub: 'ümlaut' });
    const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({ type: 'spki', format: 'pem' });
    expect(jwtVerifier([other])(token)).toBeUndefined();
    expect(jwtVerifier([other, publicKeyPem(key)])(token)).toBeDefined();
  });

  it('is accepted by other software that reads the key set', async () => {
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jsonWebKeySet([publicKeyPem(key)]) as never));
    expect(payload['sub']).toBe('ümlaut');
    expect(protectedHeader.alg).toBe(algorithm);
  });

  it('is refused when a part was changed', () => {
    const check = jwtVerifier([publicKeyPem(key)]);
    const [header, , signature] = token.split('.');
    const forged = Buffer.from('{"iss":"me","sub":"admin"}').toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const bad of [`${header}.${forged}.${signature}`, `${none}.${forged}.`, `${token}.x`, 'abc', '', '..', `${header}.${forged}`]) {
      expect(check(bad)).toBeUndefined();
    }
  });
});
