import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import type { ClusterConfig } from '../config.ts';
import { codeOf, Failure } from '../failure.ts';
import { clusterPaths, type ClusterPaths } from '../paths.ts';
import { clusterDir, DEFAULT_NAME } from './cluster-dir.ts';

/** The etcd is served a moment after the cluster is up. */
const PATIENCE_MS = 5000;

export function etcdctlCommand(program: Command): void {
  program
    .command('etcdctl')
    .summary("run this machine's etcdctl on the cluster's etcd")
    .description("Runs etcdctl (Debian's etcd-client) with endpoint and certificates of the cluster's etcd.")
    .argument('[arguments...]', 'what etcdctl is to do')
    .addOption(new Option('--name <cluster>', 'name of the cluster').default(DEFAULT_NAME))
    .option('--data-dir <dir>', "the cluster's folder")
    .passThroughOptions()
    .allowUnknownOption()
    .helpOption(false)
    .addHelpText(
      'after',
      '\nExamples:\n  skiff etcdctl member list\n  skiff etcdctl get --prefix /registry/ --keys-only\n  skiff etcdctl --name ci endpoint status -w table',
    )
    .action(async (args: string[], options: { name: string; dataDir?: string }) => {
      const [{ loadConfig }, paths] = [await import('../config.ts'), clusterPaths(clusterDir(options.name, options))];
      const config = await loadConfig(paths);
      if (config === undefined) throw new Failure(`there is no cluster ${options.name}`, 'see which there are: skiff list');
      process.exitCode = await runEtcdctl(args, await environment(config, paths));
    });
}

/** etcdctl takes its flags from the environment, so that those given on the command line go before them. */
async function environment(config: ClusterConfig, paths: ClusterPaths): Promise<NodeJS.ProcessEnv> {
  const { etcd } = config;
  const set = (endpoints: string, ca?: string, cert?: string, key?: string): NodeJS.ProcessEnv => ({
    ETCDCTL_API: '3',
    ETCDCTL_ENDPOINTS: endpoints,
    ...(ca !== undefined && { ETCDCTL_CACERT: ca }),
    ...(cert !== undefined && { ETCDCTL_CERT: cert }),
    ...(key !== undefined && { ETCDCTL_KEY: key }),
  });
  if (etcd !== undefined) return set(etcd.servers.join(','), etcd.caFile, etcd.certFile, etcd.keyFile);
  const pki = (file: string) => `${paths.pki}/${file}`;
  return set(await endpointOf(config, paths), pki('etcd/ca.crt'), pki('apiserver-etcd-client.crt'), pki('apiserver-etcd-client.key'));
}

async function endpointOf(config: ClusterConfig, paths: ClusterPaths): Promise<string> {
  const [{ readEtcdFace }, { readProcessFile }] = await Promise.all([import('../etcd-face.ts'), import('../process-file.ts')]);
  const again = (why: string) =>
    new Failure(
      `the etcd of cluster ${config.name} is not served: ${why}`,
      `skiff down ${config.name} && skiff up ${config.name} --etcd-port 0`,
    );
  if (config.etcdPort === 'none') throw again('--etcd-port none');
  if ((await readProcessFile(paths.processFile('control-plane'))) === undefined)
    throw new Failure(`cluster ${config.name} does not run`, `start it: skiff up ${config.name}`);
  for (const deadline = Date.now() + PATIENCE_MS; ; await delay(50)) {
    const face = await readEtcdFace(paths);
    if (face?.endpoint !== undefined) return face.endpoint;
    if (face?.problem !== undefined) throw again(face.problem);
    if (Date.now() > deadline) throw again('it has not been opened yet');
  }
}

async function runEtcdctl(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  // A flag that is given takes the place of the preset: etcdctl refuses both together.
  const given = (name: string) => args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  const preset = Object.entries(env).filter(([name]) => !given(name.replace('ETCDCTL_', '').toLowerCase()));
  const child = spawn('etcdctl', args, { stdio: 'inherit', env: { ...process.env, ...Object.fromEntries(preset) } });
  // Ctrl-C is for etcdctl, which ends its watch or gives back its lock.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore).on('SIGTERM', ignore);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } catch (error) {
    if (codeOf(error) === 'ENOENT')
      throw new Failure('etcdctl is not installed', 'install it: apt-get install etcd-client', { cause: error });
    throw error;
  }
}
