import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** When a process started, in the kernel's ticks, so that a number that is in use again is not taken for it. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // What is left of a killed process until its parent has looked holds nothing any more.
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function holder(file: string): number | undefined {
  const [pid = '', start] = readFileSync(file, 'latin1').trim().split(' ');
  const held = isAlive(Number(pid)) && (start === undefined || startOf(Number(pid)) === start);
  return held ? Number(pid) : undefined;
}

/**
 * Takes a data directory (made when it is not there) for this process and returns the way to give it back. A process
 * that was killed holds nothing. Throws when another holds it.
 */
export function lockDirectory(dir: string): () => void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, 'LOCK');
  const me = `${process.pid} ${startOf(process.pid) ?? ''}`.trim();
  for (;;) {
    try {
      writeFileSync(file, me, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const pid = holder(file);
    if (pid !== undefined) throw new Error(`the etcd data in ${dir} is in use by process ${pid}`);
    rmSync(file, { force: true });
  }
}
