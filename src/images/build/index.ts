export { buildFromRecipe, type BuildOptions, type BuildStage, type BuiltImage } from './build-from-recipe.ts';
export { emptyRoot } from './root-file-system.ts';
