import { isNotFound } from '#apimachinery';
import type { Pod, Secret } from '#api/generated/core-v1.ts';
import type { AuthConfig } from '../cri/index.ts';
import type { PodObjects } from '../pod-objects.ts';
import type { ImageReference } from './image-reference.ts';

interface DockerAuth {
  username?: string;
  password?: string;
  auth?: string;
  identitytoken?: string;
  registrytoken?: string;
}

type DockerAuths = Record<string, DockerAuth>;

function readSecret(secret: Secret): DockerAuths {
  const [key, unwrap] = secret.type === 'kubernetes.io/dockercfg' ? ['.dockercfg', false] : ['.dockerconfigjson', true];
  const data = secret.data?.[key];
  if (data === undefined) return {};
  try {
    const parsed = JSON.parse(Buffer.from(data, 'base64').toString()) as { auths?: DockerAuths } & DockerAuths;
    return (unwrap ? parsed.auths : parsed) ?? {};
  } catch {
    // A secret with a broken file is no credential; the pull then says what is missing.
    return {};
  }
}

function authConfig({ username, password, auth, identitytoken, registrytoken }: DockerAuth): AuthConfig {
  if (username !== undefined || auth === undefined)
    return { username, password, identityToken: identitytoken, registryToken: registrytoken };
  const [user = '', ...rest] = Buffer.from(auth, 'base64').toString().split(':');
  return { username: user, password: rest.join(':'), identityToken: identitytoken, registryToken: registrytoken };
}

function hostMatches(pattern: string, host: string): boolean {
  const [patternName = '', patternPort = ''] = pattern.split(':');
  const [name = '', port = ''] = host.split(':');
  const wanted = patternName.split('.');
  const given = name.split('.');
  if (patternPort !== port || wanted.length !== given.length) return false;
  return wanted.every((part, index) =>
    new RegExp(`^${part.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^.]*')}$`).test(given[index] ?? ''),
  );
}

/** Whether the key of a docker configuration (`https://index.docker.io/v1/`, `*.example.com/team`) is about the image. */
export function keyMatches(key: string, image: ImageReference): boolean {
  const [host = '', ...path] = key
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .split('/');
  const registry = image.registry === 'docker.io' && host === 'index.docker.io' ? host : image.registry;
  if (!hostMatches(host, registry)) return false;
  const prefix = path.filter((part, index) => index > 0 || (part !== 'v1' && part !== 'v2')).join('/');
  return prefix === '' || image.repository === prefix || image.repository.startsWith(`${prefix}/`);
}

/** The credentials that the pod's pull secrets have for the image, the most specific first. Absent secrets are passed over. */
export async function pullCredentials(pod: Pod, image: ImageReference, objects: PodObjects): Promise<AuthConfig[]> {
  const found: { key: string; auth: AuthConfig }[] = [];
  for (const { name = '' } of pod.spec.imagePullSecrets ?? []) {
    const secret = await objects.secret(pod.metadata.namespace ?? '', name).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    for (const [key, auth] of Object.entries(secret === undefined ? {} : readSecret(secret))) {
      if (keyMatches(key, image)) found.push({ key, auth: authConfig(auth) });
    }
  }
  return found.sort((a, b) => b.key.length - a.key.length).map(({ auth }) => auth);
}
