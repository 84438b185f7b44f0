import { readFileSync } from 'node:fs';
import { isUsable } from './ensure-pki.ts';
import { issueCertificate, type KeyPair } from './certificate.ts';
import type { KeyAlgorithm } from './keys.ts';
import { writeFileAtomically } from './write-file.ts';

/** A kubeconfig with one cluster, one user, one context. Certificates and key are PEM and get embedded. */
export interface KubeconfigOptions {
  server: string;
  certificateAuthority: string;
  clientCertificate?: string;
  clientKey?: string;
  token?: string;
  /** Default `kubernetes`. */
  clusterName?: string;
  userName: string;
  /** Default `<userName>@<clusterName>`. */
  contextName?: string;
  namespace?: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** YAML reads JSON's strings, so any name is safe in quotes; plain ones stay plain. */
function scalar(text: string): string {
  return /^[A-Za-z/][A-Za-z0-9@:/._-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$|:$/i.test(text)
    ? text
    : JSON.stringify(text);
}

/** The kubeconfig as YAML, in the shape that kubeadm writes. */
export function buildKubeconfig(options: KubeconfigOptions): string {
  const cluster = scalar(options.clusterName ?? 'kubernetes');
  const user = scalar(options.userName);
  const context = scalar(options.contextName ?? `${options.userName}@${options.clusterName ?? 'kubernetes'}`);
  const credentials = [
    ['client-certificate-data', options.clientCertificate && base64(options.clientCertificate)],
    ['client-key-data', options.clientKey && base64(options.clientKey)],
    ['token', options.token && scalar(options.token)],
  ].flatMap(([field, value]) => (value ? [`    ${field}: ${value}`] : []));
  return `${[
    'apiVersion: v1',
    'clusters:',
    '- cluster:',
    `    certificate-authority-data: ${base64(options.certificateAuthority)}`,
    `    server: ${scalar(options.server)}`,
    `  name: ${cluster}`,
    'contexts:',
    '- context:',
    `    cluster: ${cluster}`,
    ...(options.namespace === undefined ? [] : [`    namespace: ${scalar(options.namespace)}`]),
    `    user: ${user}`,
    `  name: ${context}`,
    `current-context: ${context}`,
    'kind: Config',
    'users:',
    `- name: ${user}`,
    ...(credentials.length === 0 ? ['  user: {}'] : ['  user:', ...credentials]),
  ].join('\n')}\n`;
}

/** Writes the kubeconfig to a file, atomically, readable by its owner only. */
export async function writeKubeconfig(path: string, options: KubeconfigOptions): Promise<void> {
  await writeFileAtomically(path, buildKubeconfig(options), 0o600);
}

export interface IdentityOptions extends Omit<KubeconfigOptions, 'certificateAuthority' | 'clientCertificate' | 'clientKey' | 'token'> {
  /** Signs the client certificate; its own certificate is embedded as the authority. */
  ca: KeyPair;
  commonName: string;
  organizations?: readonly string[];
  algorithm?: KeyAlgorithm;
}

/**
 * Makes sure that `path` is a kubeconfig for this server with a valid client certificate of this CA: `admin.conf`,
 * `scheduler.conf` and so on. Keeps a file that is; otherwise writes it with a new certificate. Resolves with its text.
 */
export async function ensureKubeconfig(path: string, options: IdentityOptions): Promise<string> {
  const present = readKubeconfig(path);
  if (present !== undefined && serves(present, options)) return present;
  const pair = await issueCertificate(options.ca, { ...options, usages: ['digital signature', 'key encipherment', 'client auth'] });
  const text = buildKubeconfig({
    ...options,
    certificateAuthority: options.ca.certificate,
    clientCertificate: pair.certificate,
    clientKey: pair.key,
  });
  await writeFileAtomically(path, text, 0o600);
  return text;
}

function readKubeconfig(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Looks at single lines rather than parsing YAML: cheap at each start, and a file in another form is simply written anew. */
function serves(text: string, options: IdentityOptions): boolean {
  const data = (field: string): string => Buffer.from(new RegExp(`^ +${field}: (\\S+)$`, 'm').exec(text)?.[1] ?? '', 'base64').toString();
  return (
    text.includes(`\n    server: ${scalar(options.server)}\n`) &&
    data('certificate-authority-data') === options.ca.certificate &&
    isUsable({ certificate: data('client-certificate-data'), key: data('client-key-data') }, options.ca, [])
  );
}
