import { expect, test } from 'vitest';
import { familiarName, formatReference, parseReference } from './reference.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

test.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['nginx:1.25', 'docker.io/library/nginx:1.25'],
  ['library/nginx', 'docker.io/library/nginx:latest'],
  ['docker.io/nginx', 'docker.io/library/nginx:latest'],
  ['index.docker.io/library/nginx:1', 'docker.io/library/nginx:1'],
  ['team/web:v2', 'docker.io/team/web:v2'],
  ['registry.k8s.io/pause:3.10.1', 'registry.k8s.io/pause:3.10.1'],
  ['localhost/web', 'localhost/web:latest'],
  ['localhost:5000/web', 'localhost:5000/web:latest'],
  ['quay.io/a/b/c:x', 'quay.io/a/b/c:x'],
  [`nginx@${DIGEST}`, `docker.io/library/nginx@${DIGEST}`],
  [`nginx:1.25@${DIGEST}`, `docker.io/library/nginx@${DIGEST}`],
])('%s is %s', (image, full) => {
  expect(formatReference(parseReference(image))).toBe(full);
});

test.each(['', 'Nginx', 'nginx:', 'a b', 'nginx@sha256:12', '/nginx'])('%j is no name of an image', (image) => {
  expect(() => parseReference(image)).toThrow('is not an image name');
});

test('a familiar name leaves out Docker Hub and its library', () => {
  expect(['docker.io/library/nginx', 'docker.io/team/web', 'quay.io/a/b'].map(familiarName)).toEqual(['nginx', 'team/web', 'quay.io/a/b']);
});
