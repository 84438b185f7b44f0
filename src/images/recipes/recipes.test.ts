import { expect, test } from 'vitest';
import { parseReference } from '../reference.ts';
import { findRecipe, recipeOf, RECIPES } from './index.ts';

test.each([
  ['nginx', 'docker.io/library/nginx'],
  ['nginx:1', 'docker.io/library/nginx'],
  ['nginx:1.14.2', 'docker.io/library/nginx'],
  ['nginx:1.16.1', 'docker.io/library/nginx'],
  ['nginx:1.27-alpine', 'docker.io/library/nginx'],
  ['nginx:alpine', 'docker.io/library/nginx'],
  ['nginx:stable-bookworm', 'docker.io/library/nginx'],
  ['docker.io/library/httpd:2.4', 'docker.io/library/httpd'],
  ['httpd:2.4.62-alpine3.20', 'docker.io/library/httpd'],
  ['busybox:1.28', 'docker.io/library/busybox'],
  ['busybox:1.36.1-musl', 'docker.io/library/busybox'],
  ['redis:6.0.5', 'docker.io/library/redis'],
  ['redis:7-alpine', 'docker.io/library/redis'],
  ['registry:2', 'docker.io/library/registry'],
  ['debian:bookworm-slim', 'docker.io/library/debian'],
  ['ubuntu:22.04', 'docker.io/library/ubuntu'],
  ['curlimages/curl', 'docker.io/curlimages/curl'],
])('%s can be built', (image, repository) => {
  expect(findRecipe(parseReference(image))?.repository).toBe(repository);
});

test.each(['nginx:1.161', 'nginx:1.91', 'nginx:wrong', 'busybox:9', 'httpd:3', 'quay.io/library/nginx', 'team/nginx', 'nginxx', 'mysql:8'])(
  '%s cannot: the real one does not exist, or there is no recipe',
  (image) => {
    expect(findRecipe(parseReference(image))).toBeUndefined();
  },
);

test('asking for what cannot be built says what can', () => {
  expect(() => recipeOf('mysql')).toThrow('docker.io/library/mysql:latest cannot be built; what can: nginx, httpd, busybox,');
  expect(() => recipeOf('nginx:1.161')).toThrow('nginx:1.161 is not available offline: there is no such tag');
});

test.each(RECIPES.map((recipe) => [recipe.repository, recipe] as const))(
  '%s has a command, and only paths below its root',
  (_repository, recipe) => {
    const config = recipe.config(new Map());
    expect(config.Cmd).not.toHaveLength(0);
    const paths = [
      ...Object.keys(recipe.files ?? {}),
      ...Object.keys(recipe.links ?? {}),
      ...Object.keys(recipe.directories ?? {}),
      ...(recipe.remove ?? []),
    ];
    for (const path of paths) expect(path).toMatch(/^[^./][^/]*(\/[^/]+)*$/);
  },
);
