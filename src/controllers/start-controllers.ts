import { eventRecorder, informerFactory, runAsLeader, type Client, type EventRecorder } from '#client';
import { DEFAULT_CONTROLLER_OPTIONS, type ControllerContext, type ControllerOptions } from './context.ts';
import { CONTROLLERS, selectControllers } from './registry.ts';

export interface ControllersOptions {
  client: Client;
  signal: AbortSignal;
  options?: Partial<ControllerOptions>;
  /** As `--controllers`: `['*']`, `['*', '-garbagecollector']`, `['deployment', 'replicaset']`. Default: all. */
  controllers?: readonly string[];
  /** Wait until this process leads; absent: it is the only one. */
  leaderElection?: { identity: string; namespace?: string; name?: string; onNewLeader?: (identity: string) => void };
}

/**
 * Runs the controllers until `signal` aborts; resolves when all of them have ended.
 * @throws LeadershipLost when another process took over; a controller's own failure to start.
 */
export async function startControllers(options: ControllersOptions): Promise<void> {
  const { leaderElection, client, signal } = options;
  // A mistake in the list is found before anything starts.
  const names = selectControllers(options.controllers);
  if (!leaderElection) return runAll(names, options, signal);
  const { identity, namespace = 'kube-system', name = 'kube-controller-manager', onNewLeader } = leaderElection;
  return runAsLeader({ client, namespace, name, identity, signal, onNewLeader }, (leading) => runAll(names, options, leading));
}

async function runAll(names: readonly string[], { client, options }: ControllersOptions, outer: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([outer, failed.signal]);
  const recorders = new Map<string, EventRecorder>();
  const context: ControllerContext = {
    client,
    signal,
    informers: informerFactory(client, signal),
    options: { ...DEFAULT_CONTROLLER_OPTIONS, ...options },
    recorder(component) {
      let recorder = recorders.get(component);
      if (!recorder) recorders.set(component, (recorder = eventRecorder({ client, component, signal })));
      return recorder;
    },
  };
  // One that cannot run takes the others along: half a cluster is worse than a clear failure.
  const runs = names.map((name) =>
    runOne(name, context).catch((error: unknown) => {
      failed.abort();
      throw error;
    }),
  );
  const rejected = (await Promise.allSettled(runs)).find((result) => result.status === 'rejected');
  if (rejected) throw rejected.reason;
}

async function runOne(name: string, context: ControllerContext): Promise<void> {
  try {
    await CONTROLLERS[name]!.start(context);
  } catch (error) {
    throw new Error(`${name} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
