import { ctr } from './ctr.ts';

/** Marks images that were built here or loaded by a person: they are used where no registry answers. */
const LABEL = 'skiff.dev/available-offline';

/** Marks an image; names given to it later are marked, too. */
export async function markAvailableOffline(socket: string, image: string): Promise<void> {
  await ctr(socket, ['images', 'label', image, `${LABEL}=true`]);
}

/** Whether there is an image of this name that was built here or loaded. */
export async function isAvailableOffline(socket: string, image: string): Promise<boolean> {
  const found = await ctr(socket, ['images', 'ls', '--quiet', `name==${image},labels."${LABEL}"==true`]);
  return found.trim() !== '';
}
