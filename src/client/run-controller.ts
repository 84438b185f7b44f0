import { StatusError, type KubeObject } from '#apimachinery';
import type { Informer } from './informer.ts';
import type { WorkQueue } from './work-queue.ts';

/** Which object to look at. `namespace` is `''` for cluster-scoped ones. */
export interface Request {
  namespace: string;
  name: string;
}

export interface Result {
  /** Look again after this many milliseconds. */
  requeueAfter?: number;
}

/** Thrown by a reconcile that it makes no sense to repeat before something changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

export interface ControllerOptions {
  name: string;
  queue: WorkQueue;
  workers?: number;
  /** Work starts when all of these have their first list. */
  informers?: readonly Pick<Informer, 'synced'>[];
  /** Makes the world one step more right. Throwing means: again, with back-off. */
  reconcile(request: Request, signal: AbortSignal): Promise<Result | void>;
  signal: AbortSignal;
  /** Hears of failed reconciles. Default: they are written to standard error, all but lost races and lost servers. */
  onError?(error: unknown, request: Request): void;
}

/** The key under which an object stands in a work queue: `namespace/name`, or `name` for cluster-scoped ones. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}

export function requestOf(key: string): Request {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Works off the queue with as many workers as wished; resolves when `signal` has aborted and all work has ended. */
export async function runController(options: ControllerOptions): Promise<void> {
  const { informers = [], workers = 5, signal } = options;
  await Promise.all(informers.map((informer) => informer.synced));
  if (signal.aborted) return;
  await Promise.all(Array.from({ length: workers }, () => work(options)));
}

async function work(options: ControllerOptions): Promise<void> {
  const { queue } = options;
  for (;;) {
    const key = await queue.next();
    if (key === undefined) return;
    await reconcileOnce(options, key);
    queue.done(key);
  }
}

async function reconcileOnce(options: ControllerOptions, key: string): Promise<void> {
  const { queue, signal } = options;
  const request = requestOf(key);
  try {
    const result = await options.reconcile(request, signal);
    queue.forget(key);
    if (result?.requeueAfter !== undefined) queue.addAfter(key, result.requeueAfter);
  } catch (error) {
    if (signal.aborted) return;
    if (options.onError) options.onError(error, request);
    else reportFailure(options.name, key, error);
    if (error instanceof TerminalError) queue.forget(key);
    else queue.addRateLimited(key);
  }
}

function reportFailure(controller: string, key: string, error: unknown): void {
  if (error instanceof StatusError && (error.code === 409 || error.code === 503)) return;
  console.error(`${controller}: ${key}: ${describe(error)}`);
}

/** Where it happened matters only for mistakes of the program. */
function describe(error: unknown): string {
  if (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError) return error.stack ?? error.message;
  return error instanceof Error ? error.message : String(error);
}
