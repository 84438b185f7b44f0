import type { KubeObject } from '#apimachinery';
import type { ObjectReader } from '../types.ts';

type ResourceName = { group: string; resource: string };

/** An ObjectReader over plain maps, for tests: what the watch caches are in the server. */
export class MemoryReader implements ObjectReader {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  /** Every resource that was read, as `group/resource`. */
  readonly asked = new Set<string>();
  readonly #callbacks = new Map<string, Set<() => void>>();

  /** Puts objects by resource: `pods`, `clusterroles.rbac.authorization.k8s.io`. */
  constructor(objects: Record<string, readonly KubeObject[]> = {}) {
    for (const [name, list] of Object.entries(objects)) {
      for (const object of list) this.put(typeOf(name), object);
    }
  }

  put(type: ResourceName, object: KubeObject): void {
    this.#of(type).set(`${object.metadata.namespace ?? ''}/${object.metadata.name}`, object);
    this.#changed(type);
  }

  remove(type: ResourceName, namespace: string, name: string): void {
    this.#of(type).delete(`${namespace}/${name}`);
    this.#changed(type);
  }

  get(type: ResourceName, namespace: string, name: string): KubeObject | undefined {
    this.asked.add(`${type.group}/${type.resource}`);
    return this.#of(type).get(`${namespace}/${name}`);
  }

  list(type: ResourceName, namespace?: string): KubeObject[] {
    this.asked.add(`${type.group}/${type.resource}`);
    return [...this.#of(type).values()].filter((object) => namespace === undefined || object.metadata.namespace === namespace);
  }

  async ready(): Promise<void> {
    await Promise.resolve();
  }

  onChange(type: ResourceName, callback: () => void): () => void {
    const key = `${type.group}/${type.resource}`;
    const callbacks = this.#callbacks.get(key) ?? new Set();
    this.#callbacks.set(key, callbacks.add(callback));
    return () => callbacks.delete(callback);
  }

  #of({ group, resource }: ResourceName): Map<string, KubeObject> {
    const key = `${group}/${resource}`;
    let objects = this.#objects.get(key);
    if (objects === undefined) this.#objects.set(key, (objects = new Map()));
    return objects;
  }

  #changed({ group, resource }: ResourceName): void {
    for (const callback of this.#callbacks.get(`${group}/${resource}`) ?? []) callback();
  }
}

function typeOf(name: string): ResourceName {
  const dot = name.indexOf('.');
  return dot < 0 ? { group: '', resource: name } : { group: name.slice(dot + 1), resource: name.slice(0, dot) };
}
