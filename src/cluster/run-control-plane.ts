import { announce, endWithStarter } from './background.ts';
import { loadConfig } from './config.ts';
import { startControlPlane } from './control-plane.ts';
import { startDuties } from './duties.ts';
import { Failure } from './failure.ts';
import { outliveLogFailures, stderrLog } from './log.ts';
import { clusterPaths } from './paths.ts';
import { writeProcessFile } from './process-file.ts';
import { untilSignal } from './until-signal.ts';

/** The control-plane process: runs until it is told to stop, and tells who started it when it is ready. */
export async function runControlPlane(dir: string): Promise<void> {
  const paths = clusterPaths(dir);
  endWithStarter();
  outliveLogFailures();
  try {
    const config = await loadConfig(paths);
    if (config === undefined) throw new Failure(`there is no cluster in ${dir}`, 'start one: skiff up');
    const plane = await startControlPlane({ config, paths, log: stderrLog });
    await writeProcessFile(paths.processFile('control-plane'), { port: plane.port });
    announce({ ready: { port: plane.port } });
    process.on('unhandledRejection', (error) => stderrLog('skiff', 'something failed that nobody waited for', error));
    const duties = startDuties({ config, paths, plane, log: stderrLog });
    const why = await untilSignal();
    stderrLog('skiff', `stopping the control plane (${why})`);
    await duties.stop();
    await plane.stop();
  } catch (error) {
    stderrLog('skiff', 'the control plane cannot start', error);
    announce({ failure: describe(error) });
    process.exitCode = 1;
  }
}

export function describe(error: unknown): { message: string; remedy?: string } {
  if (error instanceof Failure) return { message: error.message, remedy: error.remedy };
  return { message: error instanceof Error ? error.message : String(error) };
}
