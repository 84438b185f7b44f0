import { Option, type Command } from 'commander';
import { examine, type Finding } from '../doctor/index.ts';

const MARKS: Readonly<Record<Finding['severity'], string>> = { ok: '✓', warning: '!', problem: '✗' };

export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .summary('check whether this machine can run a cluster; exit code 1 when it cannot')
    .addOption(new Option('-o, --output <format>', 'json: print data').choices(['json']))
    .addHelpText('after', '\nExamples:\n  skiff doctor\n  skiff doctor -o json')
    .action(async (options: { output?: string }) => {
      const findings = await examine();
      process.stdout.write(options.output === 'json' ? `${JSON.stringify(findings, null, 2)}\n` : findings.map(line).join(''));
      if (findings.some(({ severity }) => severity === 'problem')) process.exitCode = 1;
    });
}

function line({ severity, name, message, remedy }: Finding): string {
  const what = `${MARKS[severity]} ${name.padEnd(11)} ${message}\n`;
  return remedy === undefined ? what : `${what}${' '.repeat(14)}→ ${remedy}\n`;
}
