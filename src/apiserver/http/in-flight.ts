import { tooManyRequests } from '#apimachinery';
import type { RequestInfo, UserInfo } from '../types.ts';
import { isLongRunning } from './long-running.ts';

export interface InFlightLimits {
  /** Requests that only read. Default 400. */
  reading?: number;
  /** All others. Default 200. */
  mutating?: number;
}

/** Requests in flight that only read, and others. */
export const READING_DEFAULT = 400;
export const MUTATING_DEFAULT = 200;

const EXEMPT_GROUP = 'system:masters';
const nothing = (): void => undefined;

/** Keeps the number of requests that are being served within limits, so that a flood is refused and not queued. */
export class InFlight {
  readonly #limits: Required<InFlightLimits>;
  #reading = 0;
  #mutating = 0;
  readonly #leaveReading = (): void => void this.#reading--;
  readonly #leaveMutating = (): void => void this.#mutating--;

  constructor({ reading = READING_DEFAULT, mutating = MUTATING_DEFAULT }: InFlightLimits = {}) {
    this.#limits = { reading, mutating };
  }

  /** Counts a request in; what it returns counts it out. Throws 429 when there are too many. Watches and the like do not count. */
  enter(info: RequestInfo, user: UserInfo): () => void {
    if (isLongRunning(info) || user.groups.includes(EXEMPT_GROUP)) return nothing;
    if (info.verb === 'get' || info.verb === 'list') {
      if (this.#reading >= this.#limits.reading) throw tooMany();
      this.#reading++;
      return this.#leaveReading;
    }
    if (this.#mutating >= this.#limits.mutating) throw tooMany();
    this.#mutating++;
    return this.#leaveMutating;
  }
}

function tooMany(): Error {
  return tooManyRequests('Too many requests, please try again later.', 1);
}
