import { PATH, tags, type Recipe } from './recipe.ts';

export const curl: Recipe = {
  repository: 'docker.io/curlimages/curl',
  tags: tags('latest|[78]\\.\\d{1,2}\\.\\d{1,2}'),
  packages: ['curl', 'ca-certificates'],
  shell: true,
  users: [{ name: 'curl_user', id: 100, home: '/home/curl_user', shell: '/bin/sh' }],
  directories: { 'home/curl_user': 0o755 },
  files: {
    'entrypoint.sh':
      '#!/bin/sh\nset -e\n# Options and addresses alone are for curl.\ncase "$1" in\n-* | *://*) set -- curl "$@" ;;\nesac\nexec "$@"\n',
  },
  config: (versions) => ({
    Env: [PATH, `CURL_VERSION=${versions.get('curl')}`],
    Entrypoint: ['/entrypoint.sh'],
    Cmd: ['curl'],
    User: '100',
  }),
};
