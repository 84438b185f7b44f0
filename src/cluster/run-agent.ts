import { startAgent } from './agent.ts';
import { announce, endWithStarter } from './background.ts';
import { loadConfig } from './config.ts';
import { Failure } from './failure.ts';
import { outliveLogFailures, stderrLog } from './log.ts';
import { clusterPaths } from './paths.ts';
import { writeProcessFile } from './process-file.ts';
import { describe } from './run-control-plane.ts';
import { untilSignal } from './until-signal.ts';

/** The node's process: runs until it is told to stop. Containers outlive it. */
export async function runAgent(dir: string): Promise<void> {
  const paths = clusterPaths(dir);
  endWithStarter();
  outliveLogFailures();
  try {
    const config = await loadConfig(paths);
    if (config === undefined) throw new Failure(`there is no cluster in ${dir}`, 'start one: skiff up');
    const agent = await startAgent({ config, paths, log: stderrLog });
    await writeProcessFile(paths.processFile('agent'));
    announce({ ready: {} });
    process.on('unhandledRejection', (error) => stderrLog('skiff', 'something failed that nobody waited for', error));
    const why = await untilSignal();
    stderrLog('skiff', `stopping the node's components (${why})`);
    await agent.stop();
    // Connections that linger (a log that is followed) must not keep the process.
    process.exit(0);
  } catch (error) {
    stderrLog('skiff', 'the node cannot start', error);
    announce({ failure: describe(error) });
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 1000).unref();
  }
}
