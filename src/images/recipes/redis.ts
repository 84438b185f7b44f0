import { PATH, tags, type Recipe } from './recipe.ts';

const ENTRYPOINT = `#!/bin/sh
set -e
# Options or a configuration file alone are the server's.
if [ "\${1#-}" != "$1" ] || [ "\${1%.conf}" != "$1" ]; then
    set -- redis-server "$@"
fi
# Outside the container's own network nobody could reach it otherwise, as there is no password by default.
if [ "$1" = redis-server ]; then
    set -- "$@" --protected-mode no
fi
exec "$@"
`;

export const redis: Recipe = {
  repository: 'docker.io/library/redis',
  tags: tags('latest|[2-8](\\.\\d(\\.\\d{1,2})?)?', 'alpine'),
  packages: ['redis-server', 'redis-tools'],
  shell: true,
  users: [{ name: 'redis', id: 999, home: '/home/redis' }],
  remove: ['etc/redis', 'var/lib/redis', 'var/log/redis'],
  directories: { data: 0o755 },
  files: { 'usr/local/bin/docker-entrypoint.sh': ENTRYPOINT },
  config: (versions) => ({
    Env: [PATH, `REDIS_VERSION=${versions.get('redis-server')}`],
    Entrypoint: ['docker-entrypoint.sh'],
    Cmd: ['redis-server'],
    WorkingDir: '/data',
    ExposedPorts: { '6379/tcp': {} },
    Volumes: { '/data': {} },
  }),
};
