import { statfs } from 'node:fs/promises';
import type { Image, ImageService, RuntimeService } from '../cri/index.ts';

export interface ImageGarbageOptions {
  images: ImageService;
  runtime: RuntimeService;
  /** On the disk that holds the images. */
  directory: string;
  /** Kept whatever happens: the sandbox image. */
  keep: readonly string[];
  highThresholdPercent?: number;
  lowThresholdPercent?: number;
}

const HIGH_PERCENT = 85;
const LOW_PERCENT = 80;

/** Deletes images that no container uses once the disk is fuller than the high threshold, largest first, down to the low one. */
export async function collectImages(options: ImageGarbageOptions): Promise<string[]> {
  const { highThresholdPercent = HIGH_PERCENT, lowThresholdPercent = LOW_PERCENT } = options;
  const disk = await statfs(options.directory);
  const capacity = disk.blocks * disk.bsize;
  const used = capacity - disk.bavail * disk.bsize;
  if (used * 100 < capacity * highThresholdPercent) return [];
  let excess = used - (capacity * lowThresholdPercent) / 100;
  const removed: string[] = [];
  for (const image of await unusedImages(options)) {
    if (excess <= 0) break;
    await options.images.removeImage(image.id);
    removed.push(image.id);
    excess -= image.size;
  }
  return removed;
}

async function unusedImages({ images, runtime, keep }: ImageGarbageOptions): Promise<Image[]> {
  const [all, containers] = await Promise.all([images.listImages(), runtime.listContainers()]);
  const used = new Set(containers.flatMap(({ imageRef, image }) => [imageRef, image?.image ?? '']));
  const isUsed = ({ id, repoTags, repoDigests }: Image): boolean =>
    [id, ...repoTags, ...repoDigests].some((name) => used.has(name) || keep.includes(name));
  return all.filter((image) => !image.pinned && !isUsed(image)).sort((a, b) => b.size - a.size);
}
