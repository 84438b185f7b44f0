import { type ChildProcess, execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = process.env['SKIFF_BENCH_PROGRAM'] ?? join(ROOT, 'dist/current/skiff.js');

export type NodeRuntime = 'containerd' | 'none';

/** Builds the program that is measured. */
export function build(): void {
  if (process.env['SKIFF_BENCH_PROGRAM'] === undefined)
    execFileSync(process.execPath, [join(ROOT, 'tools/build.ts')], { stdio: ['ignore', 'ignore', 'inherit'] });
}

const open = new Set<BenchCluster>();
const running = new Set<ChildProcess>();

/** Runs a program of ours to its end and returns what it printed. Rejects, with what it said, when it fails. */
function execute(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, (error, stdout, stderr) => {
      running.delete(child);
      if (error === null) resolve(stdout);
      else reject(new Error(`${args.slice(0, 3).join(' ')} failed:\n${stderr}`, { cause: error }));
    });
    running.add(child);
  });
}

/** Ends what is running and deletes all clusters that are left: an interrupted run leaves nothing behind. */
export async function stopAll(): Promise<void> {
  const ended = [...running].map(async (child) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  await Promise.all(ended);
  for (const cluster of open) cluster.delete();
}

/** A cluster of the real program, in a directory of its own, that only this run knows of. */
export class BenchCluster {
  readonly dir = mkdtempSync(join(tmpdir(), 'skiff-bench-'));
  /** How long the first `up` took, which makes certificates and everything else, in ms. */
  firstStart = 0;
  readonly #runtime: NodeRuntime;
  readonly #name = `bench-${process.pid}`;

  private constructor(runtime: NodeRuntime) {
    this.#runtime = runtime;
    open.add(this);
  }

  static async start(runtime: NodeRuntime): Promise<BenchCluster> {
    const cluster = new BenchCluster(runtime);
    cluster.firstStart = await cluster.up();
    return cluster;
  }

  /** Returns how long it took, in ms. */
  async up(): Promise<number> {
    const options = ['--no-merge', '--no-install', '--port', '0', '--node-runtime', this.#runtime, '--output', 'json'];
    const start = performance.now();
    await this.#skiff('up', options);
    return performance.now() - start;
  }

  async down(): Promise<void> {
    await this.#skiff('down', []);
  }

  delete(): void {
    if (!open.delete(this)) return;
    execFileSync(process.execPath, [PROGRAM, 'delete', this.#name, '--data-dir', this.dir, '--no-merge'], {
      stdio: 'ignore',
    });
    rmSync(this.dir, { recursive: true, force: true });
  }

  get server(): string {
    return /server: (\S+)/.exec(this.#kubeconfig())?.[1] ?? '';
  }

  /** The pid of the control plane or the agent. */
  pid(component: 'control-plane' | 'agent'): number {
    return (JSON.parse(readFileSync(join(this.dir, 'run', `${component}.json`), 'utf8')) as { pid: number }).pid;
  }

  /** The arguments by which a load generator (ours, or another one) finds the cluster. */
  credentials(): string[] {
    const text = this.#kubeconfig();
    const file = (field: string, name: string): string => {
      const path = join(this.dir, `bench-${name}.pem`);
      writeFileSync(path, Buffer.from(new RegExp(`${field}: (\\S+)`).exec(text)?.[1] ?? '', 'base64'), { mode: 0o600 });
      return path;
    };
    const files = { ca: 'certificate-authority-data', cert: 'client-certificate-data', key: 'client-key-data' };
    return ['--server', this.server, ...Object.entries(files).flatMap(([name, field]) => [`--${name}`, file(field, name)])];
  }

  /** Runs a load generator as a process of its own and returns what it prints. */
  async load<T>(name: string, options: readonly string[] = []): Promise<T> {
    const file = join(import.meta.dirname, 'load', `${name}.ts`);
    return JSON.parse(await execute([file, ...this.credentials(), ...options])) as T;
  }

  /** The command that starts the control plane alone. */
  controlPlaneCommand(): string[] {
    return [PROGRAM, 'run', 'control-plane', '--data-dir', this.dir];
  }

  async #skiff(command: string, options: readonly string[]): Promise<void> {
    await execute([PROGRAM, command, this.#name, '--data-dir', this.dir, ...options]);
  }

  #kubeconfig(): string {
    return readFileSync(join(this.dir, 'admin.conf'), 'utf8');
  }
}
