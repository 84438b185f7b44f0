import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { NodeRuntime } from '../config.ts';
import { silentProgress, textProgress } from '../progress.ts';
import { contextName } from '../context-name.ts';
import type { UpOptions, UpResult } from '../up.ts';
import { clusterDir, forCluster } from './cluster-dir.ts';

interface UpFlags {
  dataDir?: string;
  nodes?: number;
  nodeRuntime?: NodeRuntime;
  nodeName?: string;
  nodeIp?: string;
  port?: number;
  host?: string;
  containerRuntimeEndpoint?: string;
  etcdServers?: string;
  etcdCafile?: string;
  etcdCertfile?: string;
  etcdKeyfile?: string;
  etcdPort?: number | 'none';
  etcdHealthPort?: number;
  encryptionProviderConfig?: string;
  snapshotEvery?: number | 'none';
  snapshotKeep: number;
  snapshotDir?: string;
  kubeconfig?: string;
  install: boolean;
  merge: boolean;
  foreground?: boolean;
  output?: string;
}

export function upCommand(program: Command): void {
  forCluster(program.command('up'))
    .summary('start a cluster (or start a stopped one again)')
    .description(
      'Starts a cluster and waits until its node is Ready. A stopped cluster starts again with all its data; a running one is left as it is.',
    )
    .addOption(
      new Option('--node-runtime <kind>', 'what runs containers; none: API server and controllers only').choices([
        'containerd',
        'simulated',
        'none',
      ]),
    )
    .option('--nodes <n>', 'number of simulated nodes', wholeNumber)
    .option('--node-name <name>', "the node's name (default: this machine's)")
    .option('--node-ip <address>', 'address by which others reach this machine')
    .option('--port <port>', 'port of the API server; 0: any free one (default: 6443)', wholeNumber)
    .option('--host <address>', 'address that the API server listens on')
    .option('--container-runtime-endpoint <url>', 'use this CRI runtime instead of a containerd of our own')
    .option('--etcd-servers <urls>', 'keep the data in this etcd (comma-separated URLs)')
    .option('--etcd-cafile <file>', "CA of that etcd's certificates")
    .option('--etcd-certfile <file>', 'client certificate for that etcd')
    .option('--etcd-keyfile <file>', 'its key')
    .option(
      '--etcd-port <port>',
      'port at which etcdctl reaches the embedded etcd; 0: any free one; none (default: 2379 if free)',
      portOrNone,
    )
    .option('--etcd-health-port <port>', 'port where GET /health says how the embedded etcd is (plain HTTP)', wholeNumber)
    .option('--encryption-provider-config <file>', 'encrypt in the store what this EncryptionConfiguration says')
    .option('--snapshot-every <duration>', 'save a snapshot regularly: 30m, 1h, 1d; none', durationOrNone)
    .option('--snapshot-keep <n>', 'how many of those are kept', wholeNumber, 24)
    .option('--snapshot-dir <dir>', "where they go (default: snapshots in the cluster's folder)")
    .option('--kubeconfig <file>', 'kubeconfig to add the cluster to (default: the one that kubectl uses)')
    .option('--no-merge', 'leave the kubeconfig alone')
    .option('--no-install', 'do not install missing Debian packages')
    .option('--foreground', 'stay; Ctrl-C stops the cluster')
    .addOption(new Option('-o, --output <format>', 'json: print what was started as data').choices(['json']))
    .addHelpText('after', EXAMPLES)
    .action(run);
}

const EXAMPLES = `
Examples:
  skiff up                            a cluster with one node on this machine
  skiff up ci --node-runtime none --port 0
                                      another one: API server and controllers only, on any free port
  skiff up --node-runtime simulated --nodes 100
  skiff up --snapshot-every 1h --snapshot-keep 24`;

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** The control plane runs in another folder. */
function absolute(file: string | undefined): string | undefined {
  return file === undefined ? undefined : resolve(file);
}

function portOrNone(text: string): number | 'none' {
  return text === 'none' ? text : wholeNumber(text);
}

const UNITS_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationOrNone(text: string): number | 'none' {
  if (text === 'none') return text;
  const [, count = '', unit = ''] = /^([1-9]\d*)([smhd])$/.exec(text) ?? [];
  const milliseconds = Number(count) * (UNITS_MS[unit] ?? 0);
  if (milliseconds === 0) throw new InvalidArgumentError('It must be a duration like 30m, 1h or 1d, or none.');
  return milliseconds;
}

function scheduleOf({ snapshotEvery, snapshotKeep, snapshotDir }: UpFlags): UpOptions['snapshots'] {
  if (snapshotEvery === undefined || snapshotEvery === 'none') return snapshotEvery;
  return { everyMs: snapshotEvery, keep: Math.max(1, snapshotKeep), dir: snapshotDir === undefined ? undefined : resolve(snapshotDir) };
}

async function run(name: string, flags: UpFlags): Promise<void> {
  const dir = clusterDir(name, flags);
  const progress = flags.output === 'json' ? silentProgress : textProgress();
  const started = performance.now();
  const { up } = await import('../up.ts');
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal);
  const result = await up(
    {
      name,
      dir,
      nodeRuntime: flags.nodeRuntime,
      nodes: flags.nodes,
      port: flags.port,
      host: flags.host,
      nodeName: flags.nodeName,
      nodeAddress: flags.nodeIp,
      containerRuntimeEndpoint: flags.containerRuntimeEndpoint,
      etcd:
        flags.etcdServers === undefined
          ? undefined
          : {
              servers: flags.etcdServers.split(','),
              caFile: absolute(flags.etcdCafile),
              certFile: absolute(flags.etcdCertfile),
              keyFile: absolute(flags.etcdKeyfile),
            },
      etcdPort: flags.etcdPort,
      etcdHealthPort: flags.etcdHealthPort,
      encryptionProviderConfig: flags.encryptionProviderConfig,
      snapshots: scheduleOf(flags),
      kubeconfig: flags.merge ? flags.kubeconfig : false,
      install: flags.install,
    },
    progress,
    interrupt.signal,
  );
  if (flags.foreground !== true) for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
  if (flags.output === 'json')
    process.stdout.write(
      `${JSON.stringify({ name, server: result.server, kubeconfig: result.paths.adminKubeconfig, dataDir: dir }, null, 2)}\n`,
    );
  else process.stderr.write(goOn(name, result, (performance.now() - started) / 1000, flags.merge));
  if (flags.foreground === true) await stay(name, dir, interrupt.signal);
}

function goOn(name: string, { config, paths, server, found }: UpResult, seconds: number, merged: boolean): string {
  const what = found ? `Cluster ${name} is running already` : `Cluster ${name} is up after ${seconds.toFixed(1)} s`;
  const how = merged ? `kubectl's context is ${contextName(name)}; or: ` : '';
  const try3 =
    config.nodeRuntime === 'none'
      ? ['kubectl get namespaces', 'kubectl create deployment web --image nginx', 'kubectl get deployments']
      : ['kubectl get nodes', 'kubectl create deployment web --image nginx', 'kubectl expose deployment web --port 80 --type NodePort'];
  return `\n${what}: ${server}\n${how}export KUBECONFIG=${paths.adminKubeconfig}\n\nTry:\n${try3.map((line) => `  ${line}`).join('\n')}\n`;
}

/** Shows the logs until somebody presses Ctrl-C (the signal aborts), then stops the cluster. */
async function stay(name: string, dir: string, signal: AbortSignal): Promise<void> {
  const [{ followLogs }, { down }, { clusterPaths }] = await Promise.all([
    import('../logs.ts'),
    import('../down.ts'),
    import('../paths.ts'),
  ]);
  const paths = clusterPaths(dir);
  await followLogs(paths, ['control-plane', 'agent'], { follow: true, lines: 0, signal }, process.stdout);
  process.stderr.write(`\nStopping cluster ${name}\n`);
  await down(dir, textProgress());
}
