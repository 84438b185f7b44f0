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
}
