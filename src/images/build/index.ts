export { buildFromRecipe, type BuildOptions, type BuildStage, type BuiltImage } from './build-image.ts';
export { emptyRoot } from './root-file-system.ts';
