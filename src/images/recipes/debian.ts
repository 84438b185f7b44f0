import { PATH, tags, type Recipe } from './recipe.ts';

/** bash, coreutils and the everyday programs of a small Debian; without apt, which would have nothing to reach. */
export const debian: Recipe = {
  repository: 'docker.io/library/debian',
  tags: tags('latest|stable|oldstable|testing|sid|bookworm|bullseye|trixie|1[1-3](\\.\\d{1,2})?', 'slim'),
  packages: ['grep', 'sed', 'findutils', 'tar', 'gzip', 'hostname', 'procps', 'mawk', 'util-linux', 'ca-certificates'],
  shell: true,
  config: () => ({ Env: [PATH], Cmd: ['bash'] }),
};
