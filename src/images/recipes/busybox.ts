import { PATH, tags, type Recipe } from './recipe.ts';

export const busybox: Recipe = {
  repository: 'docker.io/library/busybox',
  tags: tags('latest|stable|unstable|1(\\.[123]\\d(\\.\\d{1,2})?)?', 'glibc|musl|uclibc'),
  // Not busybox-static: its shell takes its own applets whatever the PATH says, and with them the ones that need help.
  packages: ['busybox', 'libc6'],
  without: /./,
  directories: { 'var/spool/mail': 0o755, 'var/www': 0o755 },
  links: { 'bin/sh': 'busybox' },
  config: () => ({ Env: [PATH], Cmd: ['sh'] }),
};
