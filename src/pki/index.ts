export { createCa, issueCertificate, type CertificateRequest, type KeyPair } from './certificate.ts';
export { createCsr, parseCsr, signCsr, type ParsedCsr } from './csr.ts';
export { ensurePki, type Pki, type StoredKeyPair } from './ensure-pki.ts';
export { generateKey, privateKeyPem, publicKeyPem, type KeyAlgorithm } from './keys.ts';
export { buildKubeconfig, ensureKubeconfig, writeKubeconfig, type IdentityOptions, type KubeconfigOptions } from './kubeconfig.ts';
export { CLUSTER_ADMINS, firstAddress, type PkiOptions } from './layout.ts';
export { mergeKubeconfig, unmergeKubeconfig, type KubeconfigEntry } from './merge-kubeconfig.ts';
export type { KeyUsage } from './usages.ts';
export {
  jsonWebKeySet,
  jwtSigner,
  jwtVerifier,
  LEGACY_ISSUER,
  legacyTokenClaims,
  signingAlgorithms,
  unverifiedClaims,
  type Claims,
} from './jwt.ts';
export { certificateBlocks } from './pem.ts';
