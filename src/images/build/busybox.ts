import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FileTree } from '../file-tree.ts';
import { NC, WGET } from './busybox-wrappers.ts';

const run = promisify(execFile);
const PROGRAM = 'usr/bin/busybox';
/** Applets that are about Debian itself, or would take the place of nothing useful. */
const UNWANTED = new Set(['busybox', 'dpkg', 'dpkg-deb', 'rpm', 'rpm2cpio', 'init', 'linuxrc']);

/** Links the applets of the image's busybox wherever no other program has the name. */
export async function addApplets(tree: FileTree): Promise<void> {
  for (const applet of await listApplets(tree.read(PROGRAM))) {
    const present = ['usr/bin', 'usr/sbin'].some((folder) => tree.has(`${folder}/${applet}`));
    if (!present && !UNWANTED.has(applet)) addApplet(tree, applet);
  }
}

function addApplet(tree: FileTree, applet: string): void {
  const wrapper = { wget: WGET, nc: NC }[applet];
  if (wrapper === undefined) tree.addLink(`usr/bin/${applet}`, 'busybox');
  else tree.addFile(`usr/bin/${applet}`, wrapper, 0o755);
}

/** Asks the program itself: it is of this machine's architecture and distribution. */
async function listApplets(program: Buffer): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-busybox-'));
  try {
    const file = join(directory, 'busybox');
    await writeFile(file, program, { mode: 0o755 });
    const { stdout } = await run(file, ['--list']);
    return stdout.trim().split('\n');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
