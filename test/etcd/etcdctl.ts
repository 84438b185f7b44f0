import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificate {
  ca: string;
  cert: string;
  key: string;
}

/** Upstream's etcdctl against one endpoint. Needs Debian's etcd-client, and fails without. */
export class Etcdctl {
  readonly #flags: string[];

  /** `certificate`: files. Undefined: none is shown to the server. */
  constructor(endpoint: string, ca: string, certificate: { cert: string; key: string } | undefined) {
    const shown = certificate === undefined ? [] : ['--cert', certificate.cert, '--key', certificate.key];
    this.#flags = ['--endpoints', endpoint, '--cacert', ca, ...shown];
  }

  /** Resolves with what it printed; rejects with what it complained about. */
  async run(...args: string[]): Promise<string> {
    const { stdout } = await run('etcdctl', [...this.#flags, ...args], { env: this.#env(), timeout: 100_000, maxBuffer: 64 * 1024 ** 2 });
    return stdout;
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.run(...args, '-w', 'json')) as T;
  }

  /** Runs on until it is killed; for `txn`, its text goes to standard input. */
  start(args: string[], input?: string): ChildProcess {
    const child = spawn('etcdctl', [...this.#flags, ...args], { env: this.#env(), stdio: ['pipe', 'pipe', 'pipe'] });
    if (input !== undefined) child.stdin.end(input);
    return child;
  }

  #env(): NodeJS.ProcessEnv {
    return { PATH: process.env['PATH'], HOME: process.env['HOME'], ETCDCTL_API: '3' };
  }
}

/** Resolves with all output as soon as it contains `text`; rejects when the program ends without. */
export function outputWith(child: ChildProcess, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const take = (part: Buffer) => {
      output += String(part);
      if (output.includes(text)) resolve(output);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('close', () => reject(new Error(`ended without "${text}": ${output}`)));
  });
}
