import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { httpClient } from './http-client.ts';
import type { HttpClientOptions } from './http-transport.ts';
import type { Client } from './types.ts';

interface Named<T> {
  name: string;
  cluster?: T;
  user?: T;
  context?: T;
}

type Fields = Record<string, string | boolean | undefined>;

interface Kubeconfig {
  'current-context'?: string;
  clusters?: Named<Fields>[];
  users?: Named<Fields>[];
  contexts?: Named<{ cluster?: string; user?: string; namespace?: string }>[];
}

/** What `kubeconfigClient` connects with; `context` defaults to the file's current one. Throws for a file that lacks it. */
export async function readKubeconfig(file: string, context?: string): Promise<HttpClientOptions & { namespace?: string }> {
  const config = (parse(await readFile(file, 'utf8')) ?? {}) as Kubeconfig;
  const contextName = context ?? config['current-context'];
  const chosen = config.contexts?.find((item) => item.name === contextName)?.context;
  if (!chosen) throw new Error(`${file}: context "${contextName ?? ''}" does not exist`);
  const cluster = config.clusters?.find((item) => item.name === chosen.cluster)?.cluster;
  if (!cluster || typeof cluster['server'] !== 'string') throw new Error(`${file}: cluster "${chosen.cluster ?? ''}" has no server`);
  const user = config.users?.find((item) => item.name === chosen.user)?.user ?? {};
  const material = (fields: Fields, name: string): Promise<string | undefined> => pem(fields, name, path.dirname(file));
  return {
    server: cluster['server'],
    namespace: chosen.namespace,
    ca: await material(cluster, 'certificate-authority'),
    cert: await material(user, 'client-certificate'),
    key: await material(user, 'client-key'),
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'] === true,
    tlsServerName: text(cluster['tls-server-name']),
    token: text(user['token']),
    tokenFile: relative(text(user['tokenFile']), path.dirname(file)),
    username: text(user['username']),
    password: text(user['password']),
  };
}

/** A client as a kubeconfig file describes it. */
export async function kubeconfigClient(file: string, options: { context?: string; userAgent?: string } = {}): Promise<Client> {
  const connection = await readKubeconfig(file, options.context);
  return httpClient({ ...connection, userAgent: options.userAgent });
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** A client for a process in a pod, with the token of the pod's service account. Throws outside of a pod. */
export async function inClusterClient(options: { userAgent?: string } = {}): Promise<Client> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  if (!host || !port) throw new Error('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: not in a pod');
  const ca = await readFile(`${SERVICE_ACCOUNT}/ca.crt`, 'utf8');
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return httpClient({ server, ca, tokenFile: `${SERVICE_ACCOUNT}/token`, userAgent: options.userAgent });
}

async function pem(fields: Fields, name: string, folder: string): Promise<string | undefined> {
  const data = text(fields[`${name}-data`]);
  if (data) return Buffer.from(data, 'base64').toString();
  const file = relative(text(fields[name]), folder);
  return file && readFile(file, 'utf8');
}

function relative(file: string | undefined, folder: string): string | undefined {
  return file && path.resolve(folder, file);
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
