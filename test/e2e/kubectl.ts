import type { KubectlVersion } from '../tools/index.ts';
import type { Background } from './background.ts';
import type { KubectlOptions, TestCluster } from './cluster.ts';
import type { Result } from './run.ts';

/** kubectl of one version in one namespace, taking its arguments as one line of words (no quoting: pass an array for that). */
export class Kubectl {
  readonly #cluster: TestCluster;
  readonly version: KubectlVersion;
  readonly namespace: string;

  constructor(cluster: TestCluster, version: KubectlVersion, namespace: string) {
    this.#cluster = cluster;
    this.version = version;
    this.namespace = namespace;
  }

  /** What it printed, without the last line's end. Throws when it fails. */
  async do(line: string | readonly string[], options: KubectlOptions = {}): Promise<string> {
    return (await this.#cluster.kubectl(this.#arguments(line), { version: this.version, ...options })).trimEnd();
  }

  async try(line: string | readonly string[], options: KubectlOptions = {}): Promise<Result> {
    return await this.#cluster.tryKubectl(this.#arguments(line), { version: this.version, ...options });
  }

  /** What it complained about. Throws when it succeeds. */
  async refused(line: string | readonly string[], options: KubectlOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.try(line, options);
    if (code === 0) throw new Error(`expected a refusal, but it printed: ${stdout}`);
    return stderr.trimEnd();
  }

  /** Like `do`, but in the namespaces that the objects themselves name. */
  async everywhere(line: string, options: KubectlOptions = {}): Promise<string> {
    return (await this.#cluster.kubectl(line.split(' '), { version: this.version, ...options })).trimEnd();
  }

  /** A kubectl that goes on running. */
  async start(line: string | readonly string[]): Promise<Background> {
    return await this.#cluster.startKubectl(this.#arguments(line), this.version);
  }

  /** A kubectl that has a terminal. */
  async onTerminal(line: string | readonly string[]): Promise<Background> {
    return await this.#cluster.kubectlOnTerminal(this.#arguments(line), this.version);
  }

  /** Whether this version is at least that one. */
  since(minor: number): boolean {
    return Number(this.version.slice(2)) >= minor;
  }

  #arguments(line: string | readonly string[]): string[] {
    return ['--namespace', this.namespace, ...(typeof line === 'string' ? line.split(' ') : line)];
  }
}

/** A namespace of its own in the cluster, for a kubectl of that version. */
export async function kubectlIn(cluster: TestCluster, version: KubectlVersion, topic: string): Promise<Kubectl> {
  const namespace = `${topic}-${version.replace('.', '-')}`;
  await cluster.kubectl(['create', 'namespace', namespace]);
  return new Kubectl(cluster, version, namespace);
}
