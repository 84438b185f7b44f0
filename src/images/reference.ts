/** An image's name with everything spelled out. */
export interface Reference {
  /** Registry and repository: `docker.io/library/nginx`. */
  repository: string;
  /** `latest` where the name has neither tag nor digest. */
  tag?: string;
  /** `sha256:…` */
  digest?: string;
}

const REFERENCE =
  /^((?:[\w.-]+(?::\d+)?|\[[\da-fA-F:]+\](?::\d+)?)\/)?([a-z\d]+(?:(?:[._]|__|-+|\/)[a-z\d]+)*)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[\da-f]{64}))?$/;

function isRegistry(word: string): boolean {
  return /[.:]/.test(word) || word === 'localhost';
}

/** Spells an image's name out as registries and containerd do. Throws when it is none. */
export function parseReference(image: string): Reference {
  const match = REFERENCE.exec(image);
  if (match === null) throw new Error(`${JSON.stringify(image)} is not an image name`);
  const [, first = '', rest = '', tag, digest] = match;
  const registry = first.slice(0, -1);
  return { repository: fullRepository(registry, rest), tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}

function fullRepository(first: string, rest: string): string {
  if (isRegistry(first))
    return `${first === 'index.docker.io' ? 'docker.io' : first}/${first.endsWith('docker.io') && !rest.includes('/') ? `library/${rest}` : rest}`;
  return first === '' ? (rest.includes('/') ? `docker.io/${rest}` : `docker.io/library/${rest}`) : `docker.io/${first}/${rest}`;
}

/** The name as containerd stores it: `docker.io/library/nginx:latest`, or with the digest instead of a tag. */
export function formatReference({ repository, tag, digest }: Reference): string {
  return digest === undefined ? `${repository}:${tag ?? 'latest'}` : `${repository}@${digest}`;
}

/** How a person writes it: without Docker Hub's host and `library/`. */
export function familiarName(repository: string): string {
  return repository.replace(/^docker\.io\/(library\/)?/, '');
}
