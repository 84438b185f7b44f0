import type { Queued } from './flow-queues.ts';
import type { Leave, Schema } from './schema.ts';

/** A request that waits for its turn. */
export interface Waiting extends Queued {
  readonly schema: Schema;
  /** When it came, in ms. */
  readonly since: number;
  /** Lets it go on; undefined: it has to be classified anew. */
  go(leave: Leave | undefined): void;
}
