import type { RequestInfo, UserInfo } from '../types.ts';
import type { Queued } from './flow-queues.ts';
import type { FlowHeaders, Leave, Schema } from './schema.ts';

/** A request at the gate. */
export interface Arrival {
  readonly info: RequestInfo;
  readonly user: UserInfo;
  readonly query: URLSearchParams;
  /** Tells whether the client has gone. */
  readonly request: { readonly socket: { readonly destroyed: boolean } };
  /** How long it may take in all, in ms; absent: as long as any. */
  readonly timeLimit?: number;
  /** Set here: what the answer says about it. */
  flow?: FlowHeaders;
}

/** A request that waits for its turn. */
export class Waiting implements Queued {
  readonly arrival: Arrival;
  readonly schema: Schema;
  readonly flow: number;
  readonly width: number;
  /** When it came, and when it gives up, in ms. */
  readonly since: number;
  readonly until: number;
  readonly promise: Promise<Leave>;
  readonly resolve: (leave: Leave | Promise<Leave>) => void;
  readonly reject: (error: Error) => void;

  constructor(arrival: Arrival, schema: Schema, width: number, since: number, until: number) {
    this.arrival = arrival;
    this.schema = schema;
    this.flow = schema.flowOf(arrival.user, arrival.info);
    this.width = width;
    this.since = since;
    this.until = until;
    const { promise, resolve, reject } = Promise.withResolvers<Leave>();
    this.promise = promise;
    this.resolve = resolve;
    this.reject = reject;
  }
}
