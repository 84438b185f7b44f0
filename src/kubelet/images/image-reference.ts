/** An image's name taken apart. `registry` is `docker.io` where the name has none. */
export interface ImageReference {
  registry: string;
  repository: string;
  tag?: string;
  digest?: string;
}

const REFERENCE =
  /^((?:[a-zA-Z0-9._-]+(?::[0-9]+)?|\[[0-9a-fA-F:]+\](?::[0-9]+)?)\/)?([a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::([\w][\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$/;

function isRegistry(word: string): boolean {
  return word.includes('.') || word.includes(':') || word === 'localhost';
}

/** Undefined when it is no name of an image. */
export function parseImageReference(image: string): ImageReference | undefined {
  const match = REFERENCE.exec(image);
  if (match === null) return undefined;
  const first = match[1]?.slice(0, -1);
  const rest = match[2] ?? '';
  const [tag, digest] = [match[3], match[4]];
  if (first !== undefined && isRegistry(first)) return { registry: first, repository: rest, tag, digest };
  const path = first === undefined ? rest : `${first}/${rest}`;
  return { registry: 'docker.io', repository: path.includes('/') ? path : `library/${path}`, tag, digest };
}

/** The name with the tag `latest` where it has neither tag nor digest. Throws for what is no name of an image. */
export function withDefaultTag(image: string): string {
  const reference = parseImageReference(image);
  if (reference === undefined) {
    const why = /[A-Z]/.test(image.split(/[:@]/)[0] ?? '') ? 'repository name must be lowercase' : 'invalid reference format';
    throw new Error(
      `Failed to apply default image tag ${JSON.stringify(image)}: couldn't parse image name ${JSON.stringify(image)}: ${why}`,
    );
  }
  return reference.tag === undefined && reference.digest === undefined ? `${image}:latest` : image;
}
