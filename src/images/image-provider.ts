import { buildFromRecipe, type BuildStage } from './build/index.ts';
import { findRecipe, type Recipe } from './recipes/index.ts';
import { familiarName, formatReference, parseReference, type Reference } from './reference.ts';
import { importImage, isAvailableOffline } from './runtime/index.ts';

/** What is being done for which image. */
export interface ImageProgress {
  /** As a person writes it: `nginx:1.25`. */
  image: string;
  stage: BuildStage;
}

export interface ImageProviderOptions {
  /** containerd's. */
  socket: string;
  /** Holds packages and finished images; shared by all clusters. */
  cacheDir: string;
  log?: (message: string) => void;
  onProgress?: (progress: ImageProgress) => void;
}

/**
 * Makes images available where no registry answers: those that were loaded are there, and those of the recipes are built.
 * The result resolves with false for any other image, and throws when one of the recipes cannot be built.
 * Ask it only after `isUnreachable`: it never stands in for a registry that can be reached.
 */
export function imageProvider(options: ImageProviderOptions): (image: string) => Promise<boolean> {
  const underWay = new Map<string, Promise<boolean>>();
  return async (image) => {
    const reference = parseReference(image);
    const name = formatReference(reference);
    let providing = underWay.get(name);
    if (providing === undefined) {
      providing = provide(reference, options).finally(() => underWay.delete(name));
      underWay.set(name, providing);
    }
    return providing;
  };
}

async function provide(reference: Reference, options: ImageProviderOptions): Promise<boolean> {
  if (await isAvailableOffline(options.socket, formatReference(reference))) return true;
  const recipe = findRecipe(reference);
  return recipe !== undefined && (await provideFromRecipe(recipe, reference, options));
}

async function provideFromRecipe(
  recipe: Recipe,
  reference: Reference,
  { socket, cacheDir, log, onProgress }: ImageProviderOptions,
): Promise<boolean> {
  const { repository, tag, digest: wanted } = reference;
  const image = `${familiarName(repository)}${tag === undefined ? `@${wanted}` : `:${tag}`}`;
  const started = performance.now();
  const onStage = (stage: BuildStage): void => onProgress?.({ image, stage });
  const { archive, digest } = await buildFromRecipe(recipe, { cacheDir, onStage });
  if (wanted !== undefined && wanted !== digest) return false;
  onStage('importing');
  // A name with tag and digest is known to the runtime by its digest.
  await importImage(socket, archive, { repository, digest, tag: wanted === undefined ? tag : undefined });
  log?.(`${image} was made available without a registry in ${Math.round(performance.now() - started)} ms`);
  return true;
}
