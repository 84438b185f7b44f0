import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { FileTree } from '../file-tree.ts';
import { NC, WGET } from './busybox-wrappers.ts';

const run = promisify(execFile);
const PROGRAM = 'usr/bin/busybox';
/** Applets that are about Debian itself, or would take the place of nothing useful. */
const UNWANTED = new Set(['busybox', 'dpkg', 'dpkg-deb', 'rpm', 'rpm2cpio', 'init', 'linuxrc']);

/** Links the applets of the image's busybox wherever no other program has the name. */
export async function addApplets(tree: FileTree): Promise<void> {
  for (const applet of await listApplets(tree)) {
    const present = ['usr/bin', 'usr/sbin'].some((folder) => tree.has(`${folder}/${applet}`));
    if (!present && !UNWANTED.has(applet)) addApplet(tree, applet);
  }
}

function addApplet(tree: FileTree, applet: string): void {
  const wrapper = { wget: WGET, nc: NC }[applet];
  if (wrapper === undefined) tree.addLink(`usr/bin/${applet}`, 'busybox');
  else tree.addFile(`usr/bin/${applet}`, wrapper, 0o755);
}

/** What the program needs to run, wherever the distribution keeps it. */
const RUNTIME = /^usr\/lib(64|32)?\/([^/]+\/)?(ld-[^/]+|libc|libresolv)\.so\.\d+$/;
const LOADER = /^ld-.*\.so/;

/** Asks the program itself, with the image's own C library: this machine's may be an older one. */
async function listApplets(tree: FileTree): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-busybox-'));
  try {
    const program = join(directory, 'busybox');
    await writeFile(program, tree.read(PROGRAM), { mode: 0o755 });
    let loader: string | undefined;
    for (const entry of tree.entries()) {
      if (entry.type !== 'file' || !RUNTIME.test(entry.path)) continue;
      const file = join(directory, basename(entry.path));
      await writeFile(file, entry.data, { mode: 0o755 });
      if (LOADER.test(basename(file))) loader = file;
    }
    if (loader === undefined) throw new Error('the package libc6 has no dynamic loader');
    const { stdout } = await run(loader, ['--library-path', directory, program, '--list']);
    return stdout.trim().split('\n');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
