import type { KubeObject } from '#apimachinery';
import type { Informer } from '#client';

interface Expected {
  /** The informer must have reached this revision. */
  revision: number;
  /** Objects that were asked to go, by uid. */
  deleted: Map<string, KubeObject>;
  since: number;
}

/** After this time a missed event must not hold up a controller any longer. */
const EXPIRY_MS = 300_000;

/**
 * What a controller did that its informer may not show yet. A controller that counts objects waits until the informer has
 * caught up with its own writes; otherwise it would create or delete too many. Events that bring the informer up to date
 * also enqueue the key again, so nothing has to be waited for.
 */
export class Expectations<T extends KubeObject> {
  readonly #informer: Informer<T>;
  readonly #expected = new Map<string, Expected>();

  constructor(informer: Informer<T>) {
    this.#informer = informer;
  }

  /** `object` is the server's answer to a create, update or patch made for `key`. */
  wrote(key: string, object: KubeObject): void {
    const revision = Number(object.metadata.resourceVersion);
    const expected = this.#of(key);
    if (revision > expected.revision) expected.revision = revision;
  }

  /** `object` is what the server was asked to delete for `key`. */
  deleted(key: string, object: KubeObject): void {
    this.#of(key).deleted.set(object.metadata.uid ?? '', object);
  }

  /** Whether the informer shows everything that was written and deleted for `key`. */
  satisfied(key: string): boolean {
    const expected = this.#expected.get(key);
    if (!expected) return true;
    if (Date.now() - expected.since < EXPIRY_MS && !this.#seen(expected)) return false;
    this.#expected.delete(key);
    return true;
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }

  #of(key: string): Expected {
    let expected = this.#expected.get(key);
    if (!expected) this.#expected.set(key, (expected = { revision: 0, deleted: new Map(), since: 0 }));
    expected.since = Date.now();
    return expected;
  }

  #seen(expected: Expected): boolean {
    if (Number(this.#informer.resourceVersion) < expected.revision) return false;
    for (const [uid, { metadata }] of expected.deleted) {
      const shown = this.#informer.get(metadata.name, metadata.namespace);
      if (shown?.metadata.uid === uid && !shown.metadata.deletionTimestamp) return false;
      expected.deleted.delete(uid);
    }
    return true;
  }
}
