import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Blanks stand as octal escapes in /proc/self/mounts. */
function unescape(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

async function mountPoints(): Promise<string[]> {
  const table = await readFile('/proc/self/mounts', 'utf8');
  return table.split('\n').map((line) => unescape(line.split(' ')[1] ?? ''));
}

/** Mount points at or below `directory`, newest first. */
async function mountsBelow(directory: string): Promise<string[]> {
  const points = await mountPoints();
  return points.filter((point) => point === directory || point.startsWith(`${directory}/`)).toReversed();
}

/** Takes away what is mounted at or below `directory`. Throws when something stays: it must not be deleted then. */
export async function unmountBelow(directory: string): Promise<void> {
  let failure: unknown;
  for (const point of await mountsBelow(directory)) {
    await run('umount', ['--lazy', point]).catch((error: unknown) => (failure = error));
  }
  const left = failure === undefined ? [] : await mountsBelow(directory);
  if (left.length > 0) throw new Error(`cannot unmount ${left.join(', ')}`, { cause: failure });
}

/** Whether something is mounted exactly there. */
export async function isMountPoint(path: string): Promise<boolean> {
  return (await mountPoints()).includes(path);
}

export async function mountTmpfs(path: string, options: string): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
}

export async function unmount(path: string): Promise<void> {
  if (await isMountPoint(path)) await run('umount', ['--lazy', path]);
}
