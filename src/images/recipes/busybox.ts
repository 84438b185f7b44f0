import { PATH, tags, type Recipe } from './recipe.ts';

export const busybox: Recipe = {
  repository: 'docker.io/library/busybox',
  tags: tags('latest|stable|unstable|1(\\.[123]\\d(\\.\\d{1,2})?)?', 'glibc|musl|uclibc'),
  packages: ['busybox-static'],
  without: /./,
  directories: { 'var/spool/mail': 0o755, 'var/www': 0o755 },
  links: { 'bin/sh': 'busybox', 'usr/bin/env': '/bin/env' },
  config: () => ({ Env: [PATH], Cmd: ['sh'] }),
};
