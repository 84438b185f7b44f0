import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpClient, readKubeconfig, type Client } from '#client';
import { ensureKubeconfig } from '#pki';
import { startAgent, type Agent } from './agent.ts';
import { DEFAULT_CONFIG, loadConfig, saveConfig, type ClusterConfig } from './config.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { stderrLog, type Log } from './log.ts';
import { clusterPaths } from './paths.ts';
import { serverOf } from './status.ts';

export interface ClusterOptions {
  /** `none` (the default): API server, etcd and controllers. `simulated`: nodes whose containers are only pretended. */
  nodeRuntime?: 'none' | 'simulated';
  /** Simulated nodes. Default 1. */
  nodes?: number;
  /** Default: any free one. */
  port?: number;
  /** Keep the data here; default: a temporary folder that `stop` removes. */
  dataDir?: string;
  log?: Log;
}

/** A cluster in this very process, for tests of programs that use Kubernetes. Real containers need `skiff up`. */
export class Cluster {
  /** `https://127.0.0.1:…` */
  readonly server: string;
  /** File with the administrator's credentials. */
  readonly kubeconfig: string;
  readonly #plane: ControlPlane;
  readonly #agent: Agent | undefined;
  readonly #temporary: string | undefined;

  private constructor(parts: {
    server: string;
    kubeconfig: string;
    plane: ControlPlane;
    agent: Agent | undefined;
    temporary: string | undefined;
  }) {
    this.server = parts.server;
    this.kubeconfig = parts.kubeconfig;
    this.#plane = parts.plane;
    this.#agent = parts.agent;
    this.#temporary = parts.temporary;
  }

  /** Resolves when the API server is ready. Rejects with what is wrong; nothing is left running then. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const temporary = options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'skiff-')) : undefined;
    const paths = clusterPaths(options.dataDir ?? (temporary as string));
    const log = options.log ?? stderrLog;
    let plane: ControlPlane | undefined;
    try {
      let config: ClusterConfig = (await loadConfig(paths)) ?? {
        ...DEFAULT_CONFIG,
        nodePorts: [...DEFAULT_CONFIG.nodePorts],
        name: 'library',
        nodeRuntime: options.nodeRuntime ?? 'none',
        nodes: options.nodes ?? 1,
        host: '127.0.0.1',
        port: options.port ?? 0,
        nodeAddress: '127.0.0.1',
        nodeName: 'node',
      };
      plane = await startControlPlane({ config, paths, log });
      config = { ...config, port: plane.port };
      await saveConfig(paths, config);
      const server = serverOf(config);
      await ensureKubeconfig(paths.adminKubeconfig, {
        ca: plane.pki.ca,
        server,
        commonName: 'kubernetes-admin',
        organizations: ['system:masters'],
        userName: 'kubernetes-admin',
      });
      const agent = config.nodeRuntime === 'none' ? undefined : await startAgent({ config, paths, log });
      return new Cluster({ server, kubeconfig: paths.adminKubeconfig, plane, agent, temporary });
    } catch (error) {
      await plane?.stop();
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
      throw error;
    }
  }

  /** An administrator's client, over HTTPS like anybody's. The caller closes it. */
  async client(): Promise<Client> {
    return httpClient(await readKubeconfig(this.kubeconfig));
  }

  /** Stops everything; a temporary folder goes, too. */
  async stop(): Promise<void> {
    await this.#agent?.stop();
    await this.#plane.stop();
    if (this.#temporary !== undefined) await rm(this.#temporary, { recursive: true, force: true });
  }
}
