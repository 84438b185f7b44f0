import type { Command } from 'commander';

/** What `up` starts in the background; a person has no need of it. */
export function runCommand(program: Command): void {
  const run = program.command('run', { hidden: true });
  run
    .command('control-plane')
    .requiredOption('--data-dir <dir>')
    .action(async ({ dataDir }: { dataDir: string }) => {
      const { runControlPlane } = await import('../run-control-plane.ts');
      await runControlPlane(dataDir);
    });
  run
    .command('agent')
    .requiredOption('--data-dir <dir>')
    .action(async ({ dataDir }: { dataDir: string }) => {
      const { runAgent } = await import('../run-agent.ts');
      await runAgent(dataDir);
    });
  run
    .command('image')
    .argument('<image>')
    .requiredOption('--socket <file>')
    .requiredOption('--cache-dir <dir>')
    .action(async (image: string, { socket, cacheDir }: { socket: string; cacheDir: string }) => {
      const { imageProvider } = await import('#images');
      const { NOT_OURS } = await import('../image-process.ts');
      const say = (line: string): void => void process.stderr.write(`${line}\n`);
      const provide = imageProvider({ socket, cacheDir, log: say, onProgress: (progress) => say(`${progress.image}: ${progress.stage}`) });
      try {
        process.exitCode = (await provide(image)) ? 0 : NOT_OURS;
      } catch (error) {
        say(error instanceof Error ? error.message : String(error));
        process.exitCode = 1;
      }
    });
}
