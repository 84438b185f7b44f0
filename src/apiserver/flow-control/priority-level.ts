import type { PriorityLevelConfiguration, QueuingConfiguration } from '#api/generated/flowcontrol-v1.ts';
import { FlowQueues } from './flow-queues.ts';
import { Seats, type LentSeats, type SeatLimits } from './seats.ts';
import type { Waiting } from './waiting.ts';

/** A list takes this many seats at most. */
const WIDTH_MAX = 10;
/** And this much of its level. */
const WIDTH_SHARE = 0.15;

/** One priority level in effect: its seats and who waits for them. Outlives changes of its configuration. */
export class PriorityLevel {
  readonly name: string;
  readonly seats: Seats;
  uid = '';
  isExempt = false;
  /** Undefined: who finds no seat is sent away. */
  queues: FlowQueues<Waiting> | undefined;
  /** The most seats that one request takes. */
  widthMax = 1;
  /** How far the level has been served beside others, in seats over its share. */
  served = 0;
  /** The turn of the event loop in which requests last went, and with how many seats. */
  turn = 0;
  turnSeats = 0;

  constructor(name: string, lent: LentSeats) {
    this.name = name;
    this.seats = new Seats(lent);
  }

  get waiting(): number {
    return this.queues?.size ?? 0;
  }

  /** Returns those who have to be classified anew: their queues are no more. */
  configure({ metadata, spec }: PriorityLevelConfiguration, limits: SeatLimits): Waiting[] {
    this.uid = metadata.uid ?? '';
    this.isExempt = spec.type === 'Exempt';
    this.seats.set(limits);
    const queuing = spec.limited?.limitResponse.queuing;
    this.widthMax = widthOf(limits.nominal, queuing?.handSize ?? 1);
    if (isSame(queuing, this.queues?.configuration)) return [];
    const homeless = [...(this.queues?.all() ?? [])];
    for (const waiting of homeless) this.queues?.delete(waiting);
    this.queues = queuing === undefined ? undefined : new FlowQueues(queuing);
    return homeless;
  }
}

/** A single request must leave the other queues of its flow's hand something. */
function widthOf(nominal: number, handSize: number): number {
  return Math.max(1, Math.min(WIDTH_MAX, Math.round(nominal * WIDTH_SHARE), Math.floor(nominal / handSize)));
}

function isSame(a: QueuingConfiguration | undefined, b: QueuingConfiguration | undefined): boolean {
  return a?.queues === b?.queues && a?.handSize === b?.handSize && a?.queueLengthLimit === b?.queueLengthLimit;
}
