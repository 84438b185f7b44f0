import { expect, test } from 'vitest';
import type { Container, Pod } from '#api/generated/core-v1.ts';
import { notFound } from '#apimachinery';
import { CriError, type AuthConfig, type Image, type ImageService, type PodSandboxConfig } from '../cri/index.ts';
import type { PodObjects } from '../pod-objects.ts';
import { ImagePuller } from './image-puller.ts';
import { parseImageReference, withDefaultTag } from './image-reference.ts';
import { keyMatches } from './pull-secrets.ts';

test.each([
  ['nginx', { registry: 'docker.io', repository: 'library/nginx' }],
  ['team/app:2', { registry: 'docker.io', repository: 'team/app', tag: '2' }],
  ['localhost:5000/app', { registry: 'localhost:5000', repository: 'app' }],
  [
    'registry.example.com/a/b@sha256:' + '0'.repeat(64),
    { registry: 'registry.example.com', repository: 'a/b', digest: `sha256:${'0'.repeat(64)}` },
  ],
])('%s is taken apart', (image, expected) => {
  expect(parseImageReference(image)).toEqual({ tag: undefined, digest: undefined, ...expected });
});

test('a name without tag means latest, and a bad one says why', () => {
  expect(withDefaultTag('nginx')).toBe('nginx:latest');
  expect(withDefaultTag('nginx:1')).toBe('nginx:1');
  expect(() => withDefaultTag('Nginx')).toThrow(
    'Failed to apply default image tag "Nginx": couldn\'t parse image name "Nginx": repository name must be lowercase',
  );
  expect(() => withDefaultTag('a b')).toThrow('invalid reference format');
});

test.each([
  ['https://index.docker.io/v1/', 'nginx', true],
  ['registry.example.com', 'registry.example.com/a/b', true],
  ['registry.example.com/a', 'registry.example.com/ab', false],
  ['*.example.com', 'registry.example.com/a', true],
  ['example.com', 'registry.example.com/a', false],
  ['registry.example.com:5000', 'registry.example.com/a', false],
])('the credentials for %s and the image %s: %s', (key, image, expected) => {
  const reference = parseImageReference(image);
  expect(reference !== undefined && keyMatches(key, reference)).toBe(expected);
});

const POD = {
  metadata: { name: 'p', namespace: 'default', uid: 'u' },
  spec: { containers: [], imagePullSecrets: [{ name: 'key' }] },
} as unknown as Pod;
const SANDBOX = {} as PodSandboxConfig;
const forever = new AbortController().signal;

function container(image: string, imagePullPolicy?: string): Container {
  return { name: 'c', image, imagePullPolicy, resources: {} };
}

function objects(secret?: object): PodObjects {
  const missing = async (): Promise<never> => Promise.reject(notFound({ group: '', resource: 'secret' }, 'key'));
  if (secret === undefined) return { configMap: missing, secret: missing };
  const data = { '.dockerconfigjson': Buffer.from(JSON.stringify(secret)).toString('base64') };
  return { configMap: missing, secret: async () => ({ metadata: { name: 'key' }, type: 'kubernetes.io/dockerconfigjson', data }) };
}

class FakeImages implements ImageService {
  readonly present = new Set<string>();
  readonly pulls: (AuthConfig | undefined)[] = [];
  readonly #pull: (auth: AuthConfig | undefined) => Promise<void>;

  constructor(pull: (auth: AuthConfig | undefined) => Promise<void>) {
    this.#pull = pull;
  }

  async imageStatus(image: string): Promise<Image | undefined> {
    return this.present.has(image)
      ? { id: image, repoTags: [image], repoDigests: [], size: 7, uid: null, username: '', pinned: false }
      : undefined;
  }

  async pullImage(image: string, auth: AuthConfig | undefined): Promise<string> {
    this.pulls.push(auth);
    await this.#pull(auth);
    this.present.add(image);
    return image;
  }

  listImages = async (): Promise<Image[]> => [];
  removeImage = async (): Promise<void> => {};
  imageFsInfo = async (): Promise<never[]> => [];
}

const offline = async (): Promise<never> =>
  Promise.reject(new CriError('Unknown', 'failed to do request: dial tcp: lookup registry: no such host'));

test('credentials of the pull secret are tried for their registry', async () => {
  const images = new FakeImages(async (auth) => {
    if (auth?.password !== 'b:c') throw new CriError('Unknown', 'unexpected status: 401 Unauthorized');
  });
  const secret = {
    auths: {
      'registry.example.com': { auth: Buffer.from('a:b:c').toString('base64') },
      'other.example.com': { username: 'x', password: 'y' },
    },
  };
  await new ImagePuller({ images, objects: objects(secret) }).ensure(
    POD,
    container('registry.example.com/app:1'),
    SANDBOX,
    () => {},
    forever,
  );
  expect(images.pulls).toMatchObject([{ username: 'a', password: 'b:c' }]);
});

test('a failed pull backs off, with the reason in message and event', async () => {
  let now = 0;
  const events: string[] = [];
  const puller = new ImagePuller({ images: new FakeImages(offline), objects: objects(), now: () => now });
  const attempt = (): Promise<Image> =>
    puller.ensure(POD, container('app:1'), SANDBOX, (_, reason, message) => events.push(`${reason}: ${message}`), forever);
  await expect(attempt()).rejects.toMatchObject({ reason: 'ErrImagePull', retryAt: 10_000 });
  await expect(attempt()).rejects.toMatchObject({
    reason: 'ImagePullBackOff',
    message: expect.stringMatching(/^Back-off pulling image "app:1": ErrImagePull: rpc error: code = Unknown desc = .*no such host$/),
  });
  now = 11_000;
  await expect(attempt()).rejects.toMatchObject({ reason: 'ErrImagePull', retryAt: 31_000 });
  expect(events[0]).toBe('Pulling: Pulling image "app:1"');
  expect(events[2]).toMatch(/^BackOff: Back-off pulling image "app:1"/);
});

test('where no registry answers, the provider brings the image', async () => {
  const images = new FakeImages(offline);
  const provider = async (image: string): Promise<boolean> => images.present.add(image) !== undefined;
  const puller = new ImagePuller({ images, objects: objects(), provider });
  expect(await puller.ensure(POD, container('nginx'), SANDBOX, () => {}, forever)).toMatchObject({ id: 'nginx:latest' });
  expect(await puller.ensure(POD, container('nginx'), SANDBOX, () => {}, forever)).toMatchObject({ id: 'nginx:latest' });
  expect(images.pulls).toHaveLength(1);
});

test('a registry that refuses is believed, and the provider not asked', async () => {
  const images = new FakeImages(async () => Promise.reject(new CriError('NotFound', 'failed to resolve reference: not found')));
  const provider = async (): Promise<boolean> => Promise.reject(new Error('asked'));
  await expect(
    new ImagePuller({ images, objects: objects(), provider, isUnreachable: () => false }).ensure(
      POD,
      container('nginx'),
      SANDBOX,
      () => {},
      forever,
    ),
  ).rejects.toMatchObject({ reason: 'ErrImagePull', message: expect.stringContaining('NotFound') });
});

test('pods that want the same image at the same time share one pull', async () => {
  const images = new FakeImages(async () => {});
  const puller = new ImagePuller({ images, objects: objects() });
  await Promise.all([1, 2, 3].map(() => puller.ensure(POD, container('app:1'), SANDBOX, () => {}, forever)));
  expect(images.pulls).toHaveLength(1);
});
