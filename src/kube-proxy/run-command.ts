import { spawn } from 'node:child_process';

export interface CommandResult {
  /** Exit code; for a program that was killed, 128 and more. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. Rejects only when it cannot be started (`code: 'ENOENT'` when there is none of that name). */
export type RunCommand = (command: string, args: readonly string[], input?: string) => Promise<CommandResult>;

/** Runs programs as children of this process, in its namespaces. */
export const runCommand: RunCommand = (command, args, input) => {
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const child = spawn(command, args, { stdio: 'pipe' });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.on('error', reject);
  child.on('close', (code) =>
    resolve({ code: code ?? 128, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
  );
  // A program that ends without reading its input tells why by its exit code.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  return promise;
};

/** Whether `runCommand` failed because no program of that name is installed. */
export function isMissingProgram(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}
