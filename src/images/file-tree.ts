import { posix } from 'node:path';
import type { TarEntry } from './tar/index.ts';

/** An image's files while it is put together, in memory. Paths are relative to the root. */
export class FileTree {
  readonly #entries = new Map<string, TarEntry>();

  /** Adds one entry or replaces what was there; links among its folders are followed, so that `lib/x` lands in `usr/lib/x` where `lib` is a link. */
  add(entry: TarEntry): void {
    const path = this.#resolveFolder(entry.path);
    const before = this.#entries.get(path);
    // A package's folder `lib` does not replace the link of that name.
    if (entry.type === 'directory' && before !== undefined && before.type !== 'file') {
      if (before.type === 'directory') this.#entries.set(path, { ...entry, path });
      return;
    }
    this.#addFolders(path);
    this.#entries.set(path, entry.type === 'hardlink' ? { ...entry, path, target: this.#resolveFolder(entry.target) } : { ...entry, path });
  }

  addFile(path: string, content: string | Buffer, mode = 0o644): void {
    this.add({ path, type: 'file', mode, data: typeof content === 'string' ? Buffer.from(content) : content });
  }

  addDirectory(path: string, mode = 0o755): void {
    this.add({ path, type: 'directory', mode });
  }

  addLink(path: string, target: string): void {
    this.add({ path, type: 'symlink', target });
  }

  has(path: string): boolean {
    return this.#entries.has(this.#resolveFolder(path));
  }

  /** The content of a file; links are not followed. Throws when there is none. */
  read(path: string): Buffer {
    const entry = this.#entries.get(this.#resolveFolder(path));
    if (entry?.type !== 'file') throw new Error(`the image has no file ${path}`);
    return entry.data;
  }

  /** Takes a file, or a folder with everything in it, out again. */
  remove(path: string): void {
    const resolved = this.#resolveFolder(path);
    for (const name of this.#entries.keys()) if (name === resolved || name.startsWith(`${resolved}/`)) this.#entries.delete(name);
  }

  /** Every entry by path, folders before what is in them, links to a file after it. */
  entries(): TarEntry[] {
    const sorted = [...this.#entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    return [...sorted.filter(({ type }) => type !== 'hardlink'), ...sorted.filter(({ type }) => type === 'hardlink')];
  }

  #addFolders(path: string): void {
    const parent = posix.dirname(path);
    if (parent === '.' || this.#entries.has(parent)) return;
    this.#addFolders(parent);
    this.#entries.set(parent, { path: parent, type: 'directory', mode: 0o755 });
  }

  /** Where a path is really, its last part left as it is. */
  #resolveFolder(path: string, hops = 0): string {
    if (hops > 40) throw new Error(`too many links on the way to ${path}`);
    const parts = path.split('/');
    for (let count = 1; count < parts.length; count += 1) {
      const folder = parts.slice(0, count).join('/');
      const entry = this.#entries.get(folder);
      if (entry?.type !== 'symlink') continue;
      const target = posix
        .normalize(posix.join(entry.target.startsWith('/') ? '' : posix.dirname(folder), entry.target))
        .replace(/^\/+/, '');
      return this.#resolveFolder([target, ...parts.slice(count)].join('/'), hops + 1);
    }
    return path;
  }
}
