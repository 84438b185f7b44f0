import { RuntimeImages, type RuntimeImage } from './runtime/index.ts';

/** The images that a node's containerd has, as the kubelet sees them, by name. */
export async function listImages(socket: string): Promise<RuntimeImage[]> {
  const images = new RuntimeImages(socket);
  try {
    const key = ({ repoTags, id }: RuntimeImage): string => repoTags[0] ?? `~${id}`;
    return (await images.list()).sort((a, b) => (key(a) < key(b) ? -1 : 1));
  } finally {
    images.close();
  }
}
