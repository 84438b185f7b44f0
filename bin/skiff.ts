import { main } from '../src/cluster/commands/index.ts';

process.exitCode = await main(process.argv.slice(2));
