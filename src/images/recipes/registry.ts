import { PATH, tags, type Recipe } from './recipe.ts';

const CONFIGURATION = `version: 0.1
log:
  fields:
    service: registry
storage:
  delete:
    enabled: true
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`;

const ENTRYPOINT = `#!/bin/sh
set -e
case "$1" in
*.yaml | *.yml) set -- registry serve "$@" ;;
serve | garbage-collect | help | -*) set -- registry "$@" ;;
esac
exec "$@"
`;

export const registry: Recipe = {
  repository: 'docker.io/library/registry',
  tags: tags('latest|[23](\\.\\d{1,2}(\\.\\d{1,2})?)?'),
  packages: ['docker-registry', 'ca-certificates'],
  shell: true,
  directories: { 'var/lib/registry': 0o755 },
  files: { 'etc/docker/registry/config.yml': CONFIGURATION, 'entrypoint.sh': ENTRYPOINT },
  links: { 'bin/registry': '/usr/bin/docker-registry' },
  config: () => ({
    Env: [PATH],
    Entrypoint: ['/entrypoint.sh'],
    Cmd: ['/etc/docker/registry/config.yml'],
    ExposedPorts: { '5000/tcp': {} },
    Volumes: { '/var/lib/registry': {} },
  }),
};
