import { Command, CommanderError } from 'commander';
import { Failure } from '../failure.ts';
import { KUBERNETES_VERSION } from '#apimachinery';
import { deleteCommand } from './delete.ts';
import { doctorCommand } from './doctor.ts';
import { downCommand } from './down.ts';
import { etcdctlCommand } from './etcdctl.ts';
import { imageCommand } from './image.ts';
import { kubeconfigCommand } from './kubeconfig.ts';
import { logsCommand } from './logs.ts';
import { runCommand } from './run.ts';
import { snapshotCommand } from './snapshot.ts';
import { listCommand, statusCommand } from './status.ts';
import { upCommand } from './up.ts';

/** Runs `skiff` with these arguments (without the program's name); resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('skiff')
    .description(`Skiff ${KUBERNETES_VERSION}: a whole Kubernetes on this machine.`)
    .version(KUBERNETES_VERSION)
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride()
    .enablePositionalOptions()
    .addHelpText(
      'after',
      '\nExamples:\n  skiff up              start a cluster\n  skiff status          see how it is\n  skiff delete          remove it without a trace',
    );
  for (const add of [
    upCommand,
    downCommand,
    deleteCommand,
    listCommand,
    statusCommand,
    logsCommand,
    kubeconfigCommand,
    snapshotCommand,
    etcdctlCommand,
    imageCommand,
    doctorCommand,
    runCommand,
  ])
    add(program);
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  // Commander has said what is wrong already.
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof Failure) {
    process.stderr.write(`skiff: ${error.message}\n${error.remedy === undefined ? '' : `  ${error.remedy}\n`}`);
    return 1;
  }
  process.stderr.write(`skiff: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
