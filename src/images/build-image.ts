import { buildFromRecipe, type BuildOptions, type BuiltImage } from './build/index.ts';
import { recipeOf, RECIPES } from './recipes/index.ts';
import { familiarName, formatReference, type Reference } from './reference.ts';
import { importImage } from './runtime/index.ts';

/** The images that can be built, as people call them. */
export const BUILDABLE: readonly string[] = RECIPES.map(({ repository }) => familiarName(repository));

export interface NamedImage extends BuiltImage {
  reference: Reference;
}

/** Builds an image by its name, or finds it in the cache. Throws, saying what can be built or what is missing. */
export async function buildImage(name: string, options: BuildOptions): Promise<NamedImage> {
  const { recipe, reference } = recipeOf(name);
  return { ...(await buildFromRecipe(recipe, options)), reference };
}

/** Makes a built image available to a node; resolves with its full name. */
export async function importBuiltImage(socket: string, { archive, digest, reference }: NamedImage): Promise<string> {
  await importImage(socket, archive, { repository: reference.repository, tag: reference.tag, digest });
  return formatReference(reference);
}
