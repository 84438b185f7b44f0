import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { machineArchitecture, type Architecture } from '../architecture.ts';
import { archiveDigest, INDEX_BYTES, ociArchive } from '../oci-archive.ts';
import { Apt, unpackPackage, type CollectedPackage } from '../packages/index.ts';
import type { Recipe } from '../recipes/index.ts';
import { familiarName } from '../reference.ts';
import type { TarEntry } from '../tar/index.ts';
import { addApplets } from './busybox.ts';
import { NC, WGET } from './busybox-wrappers.ts';
import { addCertificateBundle } from './certificates.ts';
import { rootFileSystem } from './root-file-system.ts';

/** What is being done for an image just now. */
export type BuildStage = 'fetching packages' | 'building' | 'importing';

export interface BuildOptions {
  /** Holds packages and finished images; shared by all clusters. */
  cacheDir: string;
  /** Build again even if there is one, from the newest packages. */
  fresh?: boolean;
  onStage?: (stage: BuildStage) => void;
}

/** An image as a file, ready to be imported. */
export interface BuiltImage {
  archive: string;
  /** The manifest's. */
  digest: string;
}

/** Raised when what is done to packages changes: images in the cache are of an older form then. */
const FORM = 1;

/** Programs of a recipe with a shell. */
const SHELL = ['bash', 'dash', 'coreutils', 'base-files', 'busybox'];
/** Libraries are found by their packages' names; what else packages depend on (debconf, adduser, …) only serves their installation. */
const LIBRARY = /^(lib|zlib1g$)/;
const INSTALLATION_ONLY = /^lib(c-bin$|c-l10n$|perl|.*-perl$|audit|cap-ng|db5|gdbm|md0$|pam|semanage|sepol)/;

const building = new Map<string, Promise<BuiltImage>>();

/** Builds the image of a recipe, or finds it in the cache. Builds of the same image are one. Throws, saying what is missing, when packages cannot be had. */
export async function buildFromRecipe(recipe: Recipe, options: BuildOptions): Promise<BuiltImage> {
  const architecture = machineArchitecture();
  const archive = join(options.cacheDir, 'images', archiveName(recipe, architecture));
  let build = building.get(archive);
  if (build === undefined) {
    build = findOrBuild(recipe, architecture, archive, options).finally(() => building.delete(archive));
    building.set(archive, build);
  }
  return build;
}

/** A changed recipe is another image. */
function archiveName(recipe: Recipe, architecture: Architecture): string {
  const { without, config, ...data } = recipe;
  const form = JSON.stringify([FORM, architecture, data, String(without), config(new Map()), SHELL, WGET, NC]);
  return `${familiarName(recipe.repository).replaceAll('/', '-')}-${createHash('sha256').update(form).digest('hex').slice(0, 12)}.tar`;
}

async function findOrBuild(recipe: Recipe, architecture: Architecture, archive: string, options: BuildOptions): Promise<BuiltImage> {
  const found = options.fresh === true ? undefined : await cachedDigest(archive);
  if (found !== undefined) return { archive, digest: found };
  try {
    return await build(recipe, architecture, archive, options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${familiarName(recipe.repository)} is not available offline: ${reason}`, { cause: error });
  }
}

async function cachedDigest(archive: string): Promise<string | undefined> {
  const file = await open(archive).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(INDEX_BYTES), position: 0 });
    return archiveDigest(buffer);
  } finally {
    await file.close();
  }
}

async function build(
  recipe: Recipe,
  architecture: Architecture,
  archive: string,
  { cacheDir, onStage }: BuildOptions,
): Promise<BuiltImage> {
  onStage?.('fetching packages');
  const packages = await new Apt(join(cacheDir, 'packages')).collect(recipePackages(recipe), (name) => isLibrary(name, recipe));
  onStage?.('building');
  const unpacked: TarEntry[][] = [];
  // One after the other: starting many programs at once would hold up everything else in this process.
  for (const { file } of packages) unpacked.push(await unpackPackage(file));
  const tree = rootFileSystem(recipe, unpacked);
  if (tree.has('usr/bin/busybox')) await addApplets(tree);
  addCertificateBundle(tree);
  const { archive: content, digest } = ociArchive(tree.entries(), recipe.config(upstreamVersions(packages)), architecture);
  await writeWhole(archive, content);
  await removeOlderForms(archive);
  return { archive, digest };
}

function recipePackages({ packages, shell = false }: Recipe): string[] {
  return shell ? [...packages, ...SHELL] : [...packages];
}

function isLibrary(name: string, { without }: Recipe): boolean {
  return LIBRARY.test(name) && !INSTALLATION_ONLY.test(name) && without?.test(name) !== true;
}

/** `1.22.1` of `1:1.22.1-9+deb12u11`. */
function upstreamVersions(packages: readonly CollectedPackage[]): ReadonlyMap<string, string> {
  return new Map(packages.map(({ name, version }) => [name, version.replace(/^\d+:/, '').replace(/-[^-]*$/, '')]));
}

/** Images of the same name from earlier recipes; whoever is reading one still can. */
async function removeOlderForms(archive: string): Promise<void> {
  const [directory, name] = [dirname(archive), basename(archive)];
  const hash = /[0-9a-f]{12}\.tar$/;
  const isOlder = (file: string): boolean => file !== name && hash.test(file) && file.replace(hash, '') === name.replace(hash, '');
  for (const file of await readdir(directory)) if (isOlder(file)) await rm(join(directory, file), { force: true });
}

/** Nobody sees half of a file, whatever happens meanwhile. */
async function writeWhole(file: string, content: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
