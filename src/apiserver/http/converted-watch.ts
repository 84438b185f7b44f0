import type { Delivery, Filter, Watcher } from '../cache/index.ts';
import type { ServedResource } from '../registry/served-resource.ts';

/** Holds deliveries back, in order, until a webhook has converted their objects. */
export class ConvertedWatch implements Watcher {
  readonly filter: Filter;
  readonly #target: Watcher;
  readonly #served: ServedResource;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(target: Watcher, served: ServedResource) {
    this.filter = target.filter;
    this.#target = target;
    this.#served = served;
  }

  /** Resolves when all that has been delivered so far has been handed on. */
  get settled(): Promise<void> {
    return this.#last;
  }

  deliver(deliveries: readonly Delivery[]): void {
    const preparing = this.#served.prepare(deliveries.map(({ entry }) => entry.object));
    if (preparing === undefined && this.#waiting === 0) return this.#target.deliver(deliveries, undefined);
    this.#then(async () => {
      await preparing;
      this.#target.deliver(deliveries, undefined);
    });
    preparing?.catch(() => undefined);
  }

  end(error?: Error): void {
    if (this.#waiting === 0) this.#target.end(error);
    else this.#then(() => this.#target.end(error));
  }

  #then(step: () => void | Promise<void>): void {
    this.#waiting++;
    this.#last = this.#run(this.#last, step);
  }

  async #run(before: Promise<void>, step: () => void | Promise<void>): Promise<void> {
    await before;
    try {
      await step();
    } catch (error) {
      this.#target.end(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#waiting--;
    }
  }
}
