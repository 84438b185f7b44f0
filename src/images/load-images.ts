import { formatReference, parseReference } from './reference.ts';
import { openArchive } from './open-archive.ts';
import { ctr, markAvailableOffline, RuntimeImages } from './runtime/index.ts';

export interface LoadOptions {
  /** containerd's. */
  socket: string;
  /** Archives of `docker save`, `podman save` or the OCI layout, compressed or not. */
  files: readonly string[];
  /** For an image in an OCI archive that has no name in it. */
  name?: string;
}

/** Loads images from files; resolves with their names once the kubelet can use them. Throws, naming the file, when one is no archive of images. */
export async function loadImages({ socket, files, name }: LoadOptions): Promise<string[]> {
  const loaded: string[] = [];
  for (const file of files) loaded.push(...(await loadFile(socket, file, name)));
  const images = new RuntimeImages(socket);
  try {
    for (const image of loaded) await images.untilVisible(image);
  } finally {
    images.close();
  }
  return loaded;
}

async function loadFile(socket: string, file: string, name: string | undefined): Promise<string[]> {
  const naming = name === undefined ? [] : ['--base-name', parseReference(name).repository, '--digests', '--skip-digest-for-named'];
  const output = await importArchive(socket, file, naming).catch((error: unknown) => {
    throw new Error(`cannot load ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  });
  let names = [...output.matchAll(/^unpacking (\S+) \(sha256:/gm)].map(([, image = '']) => image);
  if (names.length === 0)
    throw new Error(`cannot load ${file}: there is no image with a name in it for this machine; give it one with --image`);
  if (name !== undefined) names = [await rename(socket, names, formatReference(parseReference(name)))];
  for (const image of names) await markAvailableOffline(socket, image);
  return names;
}

async function importArchive(socket: string, file: string, naming: readonly string[]): Promise<string> {
  return ctr(socket, ['images', 'import', ...naming, '-'], await openArchive(file));
}

async function rename(socket: string, [first = '', ...others]: readonly string[], name: string): Promise<string> {
  if (others.length > 0) throw new Error(`there are ${others.length + 1} images in the archive; one name is not enough`);
  if (first !== name) await ctr(socket, ['images', 'tag', '--force', first, name]);
  return name;
}
