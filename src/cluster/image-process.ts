import { spawn } from 'node:child_process';
import type { Log } from './log.ts';
import { IMAGE_CACHE_DIR } from './node-paths.ts';

/** Exit code of the process below for an image that cannot be made here. */
export const NOT_OURS = 3;

/**
 * Makes images in a process of their own: what building one takes in memory is given back when it ends. The result says
 * whether the image is there now; it throws when it could not be built.
 */
export function imageProcess(socket: string, log: Log): (image: string) => Promise<boolean> {
  const underWay = new Map<string, Promise<boolean>>();
  return async (image) => {
    let providing = underWay.get(image);
    if (providing === undefined) {
      providing = run(socket, image, log).finally(() => underWay.delete(image));
      underWay.set(image, providing);
    }
    return await providing;
  };
}

function run(socket: string, image: string, log: Log): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const args = ['run', 'image', '--socket', socket, '--cache-dir', IMAGE_CACHE_DIR, image];
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const lines = said
        .trim()
        .split('\n')
        .filter((line) => line !== '');
      for (const line of lines) log('images', line);
      if (code === 0) resolve(true);
      else if (code === NOT_OURS) resolve(false);
      else reject(new Error(lines.at(-1) ?? `making image ${image} ended with ${code}`));
    });
  });
}
