import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One package of the distribution, in one version. */
export interface Package {
  name: string;
  version: string;
  /** The processor's name, or `all`. */
  architecture: string;
}

export interface CollectedPackage extends Package {
  /** The `.deb` on disk. */
  file: string;
}

/** The distribution's packages cannot be had; the message says why, for people. */
export class PackagesUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PackagesUnavailable';
  }
}

/** Package lists of our own are read again after an hour. */
const LISTS_AGE_MS = 3_600_000;

const setting = (...settings: string[]): string[] => settings.flatMap((each) => ['-o', each]);

/** It needs no locks, since it installs nothing, and is not to wait long where there is no network. */
const OPTIONS = setting(
  'Debug::NoLocking=1',
  'APT::Sandbox::User=root',
  'Acquire::Retries=1',
  'Acquire::http::Timeout=10',
  'Acquire::https::Timeout=10',
);

/** What apt says when the machine's package lists are missing, or older than what the mirror still has. */
const OLD_LISTS = /unable to locate|no installation candidate|404 +not found/i;

/** The distribution's packages through apt, which knows its mirrors and proxies. Needs no root and changes nothing outside `directory`. */
export class Apt {
  readonly #directory: string;
  readonly #program: string;
  #ownLists = false;

  constructor(directory: string, program = 'apt-get') {
    this.#directory = directory;
    this.#program = program;
  }

  /**
   * The packages, with those of their dependencies that `keep` takes, as on a system where nothing is installed.
   * Downloads what is not there yet. Throws `PackagesUnavailable`.
   */
  async collect(names: readonly string[], keep: (dependency: string) => boolean): Promise<CollectedPackage[]> {
    try {
      return await this.#collect(names, keep);
    } catch (error) {
      if (!(error instanceof PackagesUnavailable) || this.#ownLists || !OLD_LISTS.test(error.message)) throw error;
    }
    let noLists: unknown;
    // One of several mirrors may be out of order: the packages then decide.
    await this.#refreshLists().catch((error: unknown) => (noLists = error));
    return this.#collect(names, keep).catch((error: unknown) => {
      throw noLists ?? error;
    });
  }

  async #collect(names: readonly string[], keep: (dependency: string) => boolean): Promise<CollectedPackage[]> {
    const output = await this.#aptGet([
      'install',
      '--simulate',
      '-qq',
      '--no-install-recommends',
      ...setting('Dir::State::status=/dev/null'),
      ...names,
    ]);
    const packages = installations(output).filter(({ name }) => names.includes(name) || keep(name));
    await mkdir(this.#directory, { recursive: true });
    const present = new Set(await readdir(this.#directory));
    const missing = packages.filter((each) => !present.has(fileName(each)));
    if (missing.length > 0) await this.#download(missing);
    return packages.map((each) => ({ ...each, file: join(this.#directory, fileName(each)) }));
  }

  /** Into a folder of its own first: what stands under its final name is whole. */
  async #download(packages: readonly Package[]): Promise<void> {
    const directory = await mkdtemp(join(this.#directory, 'download-'));
    try {
      await this.#aptGet(['download', '-qq', ...packages.map(({ name, version }) => `${name}=${version}`)], directory);
      for (const file of await readdir(directory)) await rename(join(directory, file), join(this.#directory, file));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  /** Fetches package lists of our own and uses them from now on. */
  async #refreshLists(): Promise<void> {
    const lists = join(this.#directory, 'lists');
    await mkdir(join(lists, 'partial'), { recursive: true });
    this.#ownLists = true;
    const age = Date.now() - (await stat(lists)).mtimeMs;
    if (age < LISTS_AGE_MS && (await readdir(lists)).some((name) => name.includes('Packages'))) return;
    await this.#aptGet(['update', '-qq', ...setting('APT::Update::Error-Mode=any')]);
  }

  async #aptGet(args: readonly string[], cwd = '/'): Promise<string> {
    const lists = this.#ownLists
      ? setting(`Dir::State::lists=${join(this.#directory, 'lists')}`, 'Dir::Cache::pkgcache=', 'Dir::Cache::srcpkgcache=')
      : [];
    try {
      const { stdout } = await run(this.#program, [...OPTIONS, ...lists, ...args], {
        cwd,
        env: { ...process.env, LC_ALL: 'C' },
        maxBuffer: 1 << 24,
      });
      return stdout;
    } catch (error) {
      throw new PackagesUnavailable(reason(error), { cause: error });
    }
  }
}

/** The packages in what `install --simulate` prints. */
function installations(output: string): Package[] {
  const lines = output.matchAll(/^Inst ([^ :]+)\S* \((\S+) .*?\[([^\]]+)\]\)/gm);
  return [...lines].map(([, name = '', version = '', architecture = '']) => ({ name, version, architecture }));
}

function fileName({ name, version, architecture }: Package): string {
  return `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ENOENT') return 'this machine has no apt-get to take packages from';
  const lines = 'stderr' in error ? String(error.stderr).split('\n') : [];
  const said = (mark: string): string | undefined =>
    lines
      .find((line) => line.startsWith(mark))
      ?.slice(mark.length)
      .replace(/\s+/g, ' ')
      .trim();
  return said('E: ') ?? said('W: ') ?? error.message;
}
