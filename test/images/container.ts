import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { containerdPaths, startContainerd } from '#kubelet';

const run = promisify(execFile);

/** A containerd of its own, to run images in. */
export interface ImageMachine {
  directory: string;
  socket: string;
  certsDir: string;
  /** Starts a container with the image's own command; it has a network of its own with nothing but a loopback. */
  start(image: string, id: string, args?: readonly string[]): Promise<void>;
  /** Runs a program in a started container; resolves with both outputs and the exit code. */
  exec(id: string, ...command: string[]): Promise<{ stdout: string; stderr: string; code: number }>;
  ctr(...args: string[]): Promise<string>;
  /** The id that a container has for the runtime. */
  idOf(name: string): string;
  close(): Promise<void>;
}

export async function startImageMachine(sandboxImage: string): Promise<ImageMachine> {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-image-test-'));
  const paths = containerdPaths(join(directory, 'containerd'));
  const containerd = await startContainerd({ paths, sandboxImage });
  const ids: string[] = [];
  const ctr = async (...args: string[]): Promise<string> =>
    (await run('ctr', ['--address', paths.socket, '--namespace', 'k8s.io', ...args])).stdout;
  // runc keeps the containers of all containerds of a machine in one place.
  const idOf = (name: string): string => `${name}-${process.pid}`;
  let execs = 0;
  return {
    directory,
    socket: paths.socket,
    certsDir: paths.certsDir,
    ctr,
    idOf,
    start: async (image, name, args = []) => {
      ids.push(idOf(name));
      await ctr('run', '--detach', image, idOf(name), ...args);
    },
    exec: async (id, ...command) => {
      execs += 1;
      try {
        return {
          ...(await run('ctr', [
            '--address',
            paths.socket,
            '--namespace',
            'k8s.io',
            'task',
            'exec',
            '--exec-id',
            `e${execs}`,
            idOf(id),
            ...command,
          ])),
          code: 0,
        };
      } catch (error) {
        return error as { stdout: string; stderr: string; code: number };
      }
    },
    close: async () => {
      for (const id of ids) {
        await ctr('task', 'kill', '--signal', 'KILL', id).catch(() => '');
        await ctr('task', 'delete', '--force', id).catch(() => '');
        await ctr('container', 'delete', id).catch(() => '');
      }
      await containerd.delete();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
