import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A program that goes on running while the test looks at what it prints. `await using` ends it. */
export class Background implements AsyncDisposable {
  readonly child: ChildProcess;
  #text = '';
  readonly #waiting = new Set<() => void>();
  #ended = false;

  constructor(program: string, args: readonly string[], env?: NodeJS.ProcessEnv) {
    this.child = spawn(program, args, { env, stdio: 'pipe' });
    const take = (data: Buffer): void => {
      this.#text += data.toString();
      this.#wake();
    };
    this.child.stdout?.on('data', take);
    this.child.stderr?.on('data', take);
    this.child.stdin?.on('error', () => undefined);
    this.child.once('error', (error) => (this.#text += String(error)));
    this.child.once('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** Everything printed so far, standard output and error together. */
  get text(): string {
    return this.#text;
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  /** Closes its standard input. */
  endInput(): void {
    this.child.stdin?.end();
  }

  /** Resolves with what matched in the output printed so far or from now on. Rejects when it ends without, or after `timeoutMs`. */
  async until(pattern: RegExp | string, timeoutMs = 30_000): Promise<string> {
    const deadline = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const found = typeof pattern === 'string' ? (this.#text.includes(pattern) ? pattern : undefined) : pattern.exec(this.#text)?.[0];
      if (found !== undefined) return found;
      if (this.#ended || deadline.aborted)
        throw new Error(`${this.#ended ? 'ended' : 'printed nothing more'} without ${String(pattern)}:\n${this.#text}`);
      await this.#change(deadline);
    }
  }

  /** Resolves with its exit code once it has ended; -1 when a signal ended it. */
  async exit(timeoutMs = 30_000): Promise<number> {
    const deadline = AbortSignal.timeout(timeoutMs);
    while (!this.#ended) {
      if (deadline.aborted) throw new Error(`still running after ${timeoutMs} ms:\n${this.#text}`);
      await this.#change(deadline);
    }
    return this.child.exitCode ?? -1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await closed;
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #change(deadline: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      deadline.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

/** Runs a command line on a terminal of its own (`script` is on every Debian); what is typed goes to that terminal. */
export function onTerminal(words: readonly string[], env: NodeJS.ProcessEnv): Background {
  const line = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  return new Background('script', ['--quiet', '--return', '--command', line, '/dev/null'], { ...env, TERM: 'xterm', SHELL: '/bin/sh' });
}
