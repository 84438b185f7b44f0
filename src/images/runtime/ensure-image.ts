import type { OciArchive } from '../oci-archive.ts';
import { formatReference, parseReference } from '../reference.ts';
import { importImage } from './import-image.ts';
import { RuntimeImages } from './runtime-images.ts';

export interface EnsureImageOptions {
  /** containerd's. */
  socket: string;
  /** Its name: `registry.k8s.io/pause:3.10.1`. */
  ref: string;
}

/** Imports an image that is made in memory, unless there is one of that name. */
export async function ensureImage({ socket, ref }: EnsureImageOptions, make: () => OciArchive): Promise<void> {
  const images = new RuntimeImages(socket);
  const reference = parseReference(ref);
  try {
    if ((await images.find(formatReference(reference))) !== undefined) return;
  } finally {
    images.close();
  }
  const { archive, digest } = make();
  await importImage(socket, archive, { ...reference, digest });
}
