import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { ExternalEtcd } from '../config.ts';
import { Failure } from '../failure.ts';
import { clusterPaths } from '../paths.ts';
import { textProgress } from '../progress.ts';
import { clusterDir, DEFAULT_NAME, forCluster } from './cluster-dir.ts';

interface ClusterFlags {
  name: string;
  dataDir?: string;
}

/** Where the first argument is a file, the cluster is an option. */
function ofCluster(command: Command): Command {
  return command
    .addOption(new Option('--name <cluster>', 'name of the cluster').default(DEFAULT_NAME))
    .option('--data-dir <dir>', "the cluster's folder");
}

export function snapshotCommand(program: Command): void {
  const snapshot = program.command('snapshot').summary('save and restore whole clusters: etcd, certificates, kubeconfig');
  saveCommand(snapshot);
  restoreCommand(snapshot);
  listCommand(snapshot);
  migrateCommand(snapshot);
}

function saveCommand(snapshot: Command): void {
  ofCluster(snapshot.command('save'))
    .summary('save a cluster in a file, while it runs or when it is stopped')
    .argument('[file]', "where to (default: a new file among the cluster's snapshots)")
    .addHelpText(
      'after',
      '\nThe file holds the private keys of the cluster: only its owner may read it.\n\nExamples:\n  skiff snapshot save\n  skiff snapshot save /backup/monday.tar.gz --name ci',
    )
    .action(async (file: string | undefined, options: ClusterFlags) => {
      const { saveSnapshot } = await import('../snapshot-save.ts');
      const { file: saved, bytes } = await saveSnapshot(clusterDir(options.name, options), file);
      process.stderr.write(`Saved cluster ${options.name} (${size(bytes)}) in\n`);
      process.stdout.write(`${saved}\n`);
    });
}

function restoreCommand(snapshot: Command): void {
  snapshot
    .command('restore')
    .summary('make a cluster from a file and start it')
    .argument('<file>', 'what skiff snapshot save has written')
    .option('--name <cluster>', "name of the cluster that it becomes (default: the snapshot's)")
    .option('--data-dir <dir>', "the cluster's folder")
    .option('--replace', 'put it in the place of the cluster of that name', false)
    .option('--no-start', 'do not start it')
    .option('--kubeconfig <file>', 'kubeconfig to add the cluster to (default: the one that kubectl uses)')
    .option('--no-merge', 'leave the kubeconfig alone')
    .addHelpText(
      'after',
      '\nExamples:\n  skiff snapshot restore monday.tar.gz --name monday    beside the cluster that it was made of\n  skiff snapshot restore monday.tar.gz --replace        in its place',
    )
    .action(async (file: string, options: RestoreFlags) => await restore(resolve(file), options));
}

interface RestoreFlags {
  name?: string;
  dataDir?: string;
  replace: boolean;
  start: boolean;
  kubeconfig?: string;
  merge: boolean;
}

async function restore(file: string, options: RestoreFlags): Promise<void> {
  const { restoreCluster } = await import('../snapshot-restore.ts');
  const progress = textProgress();
  const { name, replace } = options;
  const { config, dir } = await restoreCluster({ file, name, replace, dirOf: (of) => clusterDir(of, options) }, progress);
  if (!options.start) {
    process.stderr.write(`Cluster ${config.name} is restored; start it: skiff up ${config.name}\n`);
    return;
  }
  const { up } = await import('../up.ts');
  const { server } = await up(
    { name: config.name, dir, install: true, kubeconfig: options.merge ? options.kubeconfig : false },
    progress,
    interrupted(),
  );
  process.stderr.write(`Cluster ${config.name} is restored and runs: ${server}\n`);
}

function listCommand(snapshot: Command): void {
  forCluster(snapshot.command('list'))
    .summary('list the snapshots of a cluster')
    .addOption(new Option('--snapshot-dir <dir>', 'list the snapshots in this folder instead'))
    .addOption(new Option('-o, --output <format>', 'json: print data').choices(['json']))
    .addHelpText('after', '\nExamples:\n  skiff snapshot list\n  skiff snapshot list --snapshot-dir /backup -o json')
    .action(async (name: string, options: { dataDir?: string; snapshotDir?: string; output?: string }) => {
      const [{ listSnapshots, snapshotDir }, { loadConfig }] = await Promise.all([import('../snapshot-save.ts'), import('../config.ts')]);
      const paths = clusterPaths(clusterDir(name, options));
      const folder = options.snapshotDir ?? snapshotDir(paths, (await loadConfig(paths)) ?? {});
      const all = await listSnapshots(resolve(folder));
      if (options.output === 'json') process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
      else if (all.length === 0) process.stderr.write(`There is no snapshot in ${folder}\n`);
      else
        for (const { file, cluster, created, bytes } of all)
          process.stdout.write(`${created.slice(0, 19)}Z   ${cluster.padEnd(12)} ${size(bytes).padStart(9)}   ${file}\n`);
    });
}

interface MigrateFlags {
  dataDir?: string;
  toEtcdServers?: string;
  toEmbedded: boolean;
  etcdCafile?: string;
  etcdCertfile?: string;
  etcdKeyfile?: string;
}

function migrateCommand(snapshot: Command): void {
  forCluster(snapshot.command('migrate'))
    .summary('move a cluster from the embedded etcd to a real one, or back')
    .option('--to-etcd-servers <urls>', 'keep the data in this etcd from now on (comma-separated URLs)')
    .option('--to-embedded', 'keep it in the embedded etcd from now on', false)
    .option('--etcd-cafile <file>', "CA of that etcd's certificates")
    .option('--etcd-certfile <file>', 'client certificate for that etcd')
    .option('--etcd-keyfile <file>', 'its key')
    .addHelpText(
      'after',
      '\nExamples:\n  skiff snapshot migrate --to-etcd-servers https://10.0.0.1:2379,https://10.0.0.2:2379 --etcd-cafile ca.crt --etcd-certfile client.crt --etcd-keyfile client.key\n  skiff snapshot migrate --to-embedded',
    )
    .action(async (name: string, options: MigrateFlags) => {
      const target = targetOf(options);
      const { migrate } = await import('../snapshot-migrate.ts');
      const { keys } = await migrate(clusterDir(name, options), target, textProgress(), interrupted());
      process.stderr.write(
        `Cluster ${name} keeps its data in ${target === 'embedded' ? 'the embedded etcd' : target.servers.join(', ')} now (${keys} keys)\n`,
      );
    });
}

function targetOf({ toEtcdServers, toEmbedded, ...files }: MigrateFlags): ExternalEtcd | 'embedded' {
  if (toEmbedded === (toEtcdServers !== undefined))
    throw new Failure('where to is not said', 'give either --to-etcd-servers or --to-embedded');
  if (toEtcdServers === undefined) return 'embedded';
  const absolute = (file?: string) => (file === undefined ? undefined : resolve(file));
  const { etcdCafile, etcdCertfile, etcdKeyfile } = files;
  return {
    servers: toEtcdServers.split(','),
    caFile: absolute(etcdCafile),
    certFile: absolute(etcdCertfile),
    keyFile: absolute(etcdKeyfile),
  };
}

/** Aborts when somebody presses Ctrl-C: what is being started is stopped again. */
function interrupted(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  return stop.signal;
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
