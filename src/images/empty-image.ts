import { machineArchitecture } from './architecture.ts';
import { emptyRoot } from './build/index.ts';
import { ociArchive } from './oci-archive.ts';
import { PATH } from './recipes/index.ts';
import { ensureImage, type EnsureImageOptions } from './runtime/index.ts';

/**
 * Makes an image with nothing in it available under a name: the usual folders are empty, and `bin`, `sbin`, `lib`, `lib64`
 * are links into `usr`. With the machine's /usr mounted there, the machine's own programs run in a pod.
 */
export async function ensureEmptyImage(options: EnsureImageOptions): Promise<void> {
  await ensureImage(options, () => ociArchive(emptyRoot().entries(), { Env: [PATH] }, machineArchitecture()));
}
