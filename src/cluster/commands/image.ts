import { Option, type Command } from 'commander';
import { BUILDABLE, buildImage, importBuiltImage, listImages, loadImages, type RuntimeImage } from '#images';
import { Failure } from '../failure.ts';
import { IMAGE_CACHE_DIR } from '../node-paths.ts';
import { textProgress } from '../progress.ts';
import { runningNodes, type RunningNode } from '../running-nodes.ts';
import { clusterDir, DEFAULT_NAME } from './cluster-dir.ts';

interface ClusterFlags {
  name: string;
  dataDir?: string;
}

export function imageCommand(program: Command): void {
  const image = program.command('image').summary('load, build and list the images that a cluster runs').addHelpText('after', EXAMPLES);
  loadCommand(image);
  buildCommand(image);
  listCommand(image);
  for (const command of image.commands) command.exitOverride();
}

const EXAMPLES = `
Examples:
  docker save app:v1 -o app.tar && skiff image load app.tar
  skiff image build nginx:1.27
  skiff image list`;

function ofCluster(command: Command): Command {
  return command.option('--name <cluster>', 'name of the cluster', DEFAULT_NAME).option('--data-dir <dir>', "the cluster's folder");
}

function loadCommand(image: Command): void {
  ofCluster(image.command('load'))
    .summary('load images from files')
    .description('Loads images onto every node: archives of docker save, podman save or the OCI layout, compressed or not.')
    .argument('<file...>', 'tar archives')
    .option('--image <name>', 'name of the image, where an archive has none in it')
    .addHelpText(
      'after',
      '\nExamples:\n  docker save app:v1 -o app.tar && skiff image load app.tar\n  skiff image load oci.tar --image app:v1',
    )
    .action(async (files: string[], options: ClusterFlags & { image?: string }) => {
      for (const { name, socket } of await startedNodes(options)) {
        const loaded = await explained(() => loadImages({ socket, files, name: options.image }));
        process.stderr.write(`Node ${name} has ${loaded.join(', ')}\n`);
      }
    });
}

function buildCommand(image: Command): void {
  ofCluster(image.command('build'))
    .summary('build images from the packages of this distribution')
    .description(
      `Builds images without any registry and, when the cluster runs, loads them onto its nodes.\nWhat can be built: ${BUILDABLE.join(', ')}`,
    )
    .argument('<image...>', 'names as in a pod: nginx, nginx:1.27')
    .option('--fresh', 'build again, from the newest packages')
    .addHelpText('after', '\nExamples:\n  skiff image build nginx\n  skiff image build redis:7 busybox --fresh')
    .action(async (names: string[], options: ClusterFlags & { fresh?: boolean }) => {
      const nodes = await runningNodes(clusterDir(options.name, options)).catch((error: unknown) => {
        // Building ahead of the first cluster is fine: it finds the images in the cache.
        if (error instanceof Failure) return [];
        throw error;
      });
      for (const name of names) await buildAndImport(name, nodes, options.fresh === true);
    });
}

async function buildAndImport(name: string, nodes: readonly RunningNode[], fresh: boolean): Promise<void> {
  const progress = textProgress();
  const built = await progress.step(`Building ${name}`, () => explained(() => buildImage(name, { cacheDir: IMAGE_CACHE_DIR, fresh })));
  for (const node of nodes)
    await progress.step(`Loading it onto node ${node.name}`, () => explained(() => importBuiltImage(node.socket, built)));
  if (nodes.length === 0) process.stderr.write(`The cluster does not run; the image is in ${built.archive}\n`);
}

function listCommand(image: Command): void {
  ofCluster(image.command('list'))
    .alias('ls')
    .summary('list the images of the nodes')
    .addOption(new Option('-o, --output <format>', 'json: print data').choices(['json']))
    .addHelpText('after', '\nExamples:\n  skiff image list\n  skiff image list -o json')
    .action(async (options: ClusterFlags & { output?: string }) => {
      const nodes = await startedNodes(options);
      const found = await Promise.all(
        nodes.map(async ({ name, socket }) => (await listImages(socket)).map((each) => ({ node: name, ...each }))),
      );
      process.stdout.write(options.output === 'json' ? `${JSON.stringify(found.flat(), null, 2)}\n` : table(found.flat()));
    });
}

async function startedNodes(options: ClusterFlags): Promise<RunningNode[]> {
  const nodes = await runningNodes(clusterDir(options.name, options));
  if (nodes.length === 0) throw new Failure(`cluster ${options.name} has no running node with containerd`, 'start it: skiff up');
  return nodes;
}

/** What these say is for people: no stack belongs to it. */
async function explained<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error), undefined, { cause: error });
  }
}

function table(images: readonly (RuntimeImage & { node: string })[]): string {
  const lines = images.flatMap(({ node, repoTags, id, size }) =>
    (repoTags.length === 0 ? ['<none>'] : repoTags).map((tag) => [
      node,
      tag,
      id.replace('sha256:', '').slice(0, 12),
      `${(size / 1e6).toFixed(1)} MB`,
    ]),
  );
  const rows = [['NODE', 'IMAGE', 'ID', 'SIZE'], ...lines];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}
