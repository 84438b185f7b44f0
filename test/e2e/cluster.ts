import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { helmPath, kubectlPath, type KubectlVersion } from '../tools/index.ts';
import { Background, onTerminal } from './background.ts';
import { output, run, type Result, type RunOptions } from './run.ts';

/** The program as a person runs it. */
export const SKIFF = join(import.meta.dirname, '../../bin/skiff');

export interface TestClusterOptions {
  /** Default: none. */
  nodeRuntime?: 'none' | 'containerd' | 'simulated';
  /** More options of `skiff up`. */
  arguments?: readonly string[];
}

/** What a kubectl takes beyond its arguments. */
export interface KubectlOptions extends RunOptions {
  version?: KubectlVersion;
}

/** A cluster of one test file, started by the command that people type, with a home and a data directory of its own. */
export class TestCluster implements AsyncDisposable {
  readonly name: string;
  /** Holds all of it; also the HOME of every command. */
  readonly home: string;
  readonly dataDir: string;
  readonly #upArguments: readonly string[];

  private constructor(home: string, options: TestClusterOptions) {
    this.home = home;
    this.name = 'e2e';
    this.dataDir = join(home, 'data');
    this.#upArguments = ['--node-runtime', options.nodeRuntime ?? 'none', '--port', '0', '--no-merge', ...(options.arguments ?? [])];
  }

  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    const cluster = new TestCluster(await mkdtemp(join(tmpdir(), 'skiff-e2e-')), options);
    try {
      await cluster.up();
    } catch (error) {
      await cluster.delete();
      throw error;
    }
    return cluster;
  }

  get kubeconfig(): string {
    return join(this.dataDir, 'admin.conf');
  }

  get env(): NodeJS.ProcessEnv {
    return { PATH: process.env['PATH'], HOME: this.home, KUBECONFIG: this.kubeconfig, TMPDIR: this.home, LC_ALL: 'C.UTF-8' };
  }

  /** Starts it (again). */
  async up(): Promise<void> {
    await output(SKIFF, ['up', this.name, '--data-dir', this.dataDir, ...this.#upArguments], { env: this.env, timeoutMs: 300_000 });
  }

  async down(): Promise<void> {
    await output(SKIFF, ['down', this.name, '--data-dir', this.dataDir], { env: this.env, timeoutMs: 120_000 });
  }

  /** Removes it and its home. */
  async delete(): Promise<void> {
    try {
      const { code, stderr } = await run(SKIFF, ['delete', this.name, '--data-dir', this.dataDir, '--no-merge'], {
        env: this.env,
        timeoutMs: 120_000,
      });
      if (code !== 0 && !stderr.includes('there is no cluster')) throw new Error(`skiff delete ended with ${code}: ${stderr}`);
    } finally {
      await rm(this.home, { recursive: true, force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.delete();
  }

  /** The server's URL. */
  async server(): Promise<string> {
    const found = /server: (\S+)/.exec(await readFile(this.kubeconfig, 'utf8'))?.[1];
    if (found === undefined) throw new Error(`no server in ${this.kubeconfig}`);
    return found;
  }

  /** Process number of a component: `control-plane` or `agent`. */
  async pid(component: string): Promise<number> {
    return (JSON.parse(await readFile(join(this.dataDir, 'run', `${component}.json`), 'utf8')) as { pid: number }).pid;
  }

  /** Runs kubectl to its end, whatever its exit code. */
  async tryKubectl(args: readonly string[], { version = '1.36', ...options }: KubectlOptions = {}): Promise<Result> {
    return await run(await kubectlPath(version), args, { ...options, env: { ...this.env, ...options.env } });
  }

  /** What kubectl printed on standard output. Throws when it fails. */
  async kubectl(args: readonly string[], { version = '1.36', ...options }: KubectlOptions = {}): Promise<string> {
    return await output(await kubectlPath(version), args, { ...options, env: { ...this.env, ...options.env } });
  }

  async helm(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return await output(await helmPath(), args, { timeoutMs: 180_000, ...options, env: { ...this.env, ...options.env } });
  }

  /** A kubectl that goes on running. */
  async startKubectl(args: readonly string[], version: KubectlVersion = '1.36'): Promise<Background> {
    return new Background(await kubectlPath(version), args, this.env);
  }

  /** A kubectl that has a terminal. */
  async kubectlOnTerminal(args: readonly string[], version: KubectlVersion = '1.36'): Promise<Background> {
    return onTerminal([await kubectlPath(version), ...args], this.env);
  }

  /** Writes a file into the home, for `-f`; resolves with its path. */
  async file(name: string, text: string): Promise<string> {
    const path = join(this.home, name);
    await writeFile(path, text);
    return path;
  }
}
