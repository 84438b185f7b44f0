import { ctr } from './ctr.ts';
import { markAvailableOffline } from './offline-mark.ts';
import { RuntimeImages } from './runtime-images.ts';

/** An image archive as a file, or in memory. */
export type Archive = string | Buffer;

/** Imports an image that `ociArchive` packed and gives it a name. When this resolves, the kubelet can use it. */
export async function importImage(
  socket: string,
  archive: Archive,
  { repository, digest, tag }: { repository: string; digest: string; tag?: string },
): Promise<void> {
  const args = ['images', 'import', '--digests', '--base-name', repository];
  if (typeof archive === 'string') await ctr(socket, [...args, archive]);
  else await ctr(socket, [...args, '-'], archive);
  const byDigest = `${repository}@${digest}`;
  await markAvailableOffline(socket, byDigest);
  const name = tag === undefined ? byDigest : `${repository}:${tag}`;
  if (tag !== undefined) await ctr(socket, ['images', 'tag', '--force', byDigest, name]);
  const images = new RuntimeImages(socket);
  try {
    await images.untilVisible(name);
  } finally {
    images.close();
  }
}
