import { debian } from './debian.ts';
import { tags, type Recipe } from './recipe.ts';

/** The same programs under the name that exercises like to use. */
export const ubuntu: Recipe = {
  ...debian,
  repository: 'docker.io/library/ubuntu',
  tags: tags('latest|rolling|bionic|focal|jammy|noble|(18|2[0-6])\\.(04|10)'),
};
