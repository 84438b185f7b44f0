import { formatReference, parseReference, type Reference } from '../reference.ts';
import { busybox } from './busybox.ts';
import { curl } from './curl.ts';
import { debian } from './debian.ts';
import { httpd } from './httpd.ts';
import { nginx } from './nginx.ts';
import type { Recipe } from './recipe.ts';
import { redis } from './redis.ts';
import { registry } from './registry.ts';
import { ubuntu } from './ubuntu.ts';

export { PATH, type Recipe, type User } from './recipe.ts';

/** Every image that can be built, by what people call it. */
export const RECIPES: readonly Recipe[] = [nginx, httpd, busybox, redis, registry, debian, ubuntu, curl];

/** The recipe of an image; undefined when there is none, or when the real one has no such tag. */
export function findRecipe({ repository, tag, digest }: Reference): Recipe | undefined {
  const recipe = RECIPES.find((each) => each.repository === repository);
  if (tag === undefined) return digest === undefined ? undefined : recipe;
  return tag !== '' && recipe?.tags.test(tag) === true ? recipe : undefined;
}

/** Like `findRecipe`, from the image's name. Throws, saying what there is, when it has none. */
export function recipeOf(image: string): { recipe: Recipe; reference: Reference } {
  const reference = parseReference(image);
  const recipe = findRecipe(reference);
  if (recipe !== undefined) return { recipe, reference };
  const known = RECIPES.some((each) => each.repository === reference.repository);
  const names = RECIPES.map(({ repository }) => repository.replace(/^docker\.io\/(library\/)?/, '')).join(', ');
  throw new Error(
    known ? `${image} is not available offline: there is no such tag` : `${formatReference(reference)} cannot be built; what can: ${names}`,
  );
}
