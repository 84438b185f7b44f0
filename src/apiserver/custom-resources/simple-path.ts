import { isJson, put, type Json } from './schema/schema.ts';

/** A path of names alone: `.spec.replicas`. */
export class SimplePath {
  readonly #names: readonly string[];

  constructor(path: string) {
    this.#names = [...path.matchAll(/\.([^.[\]]+)|\['([^']*)'\]/g)].map(([, plain, quoted]) => plain ?? quoted ?? '');
  }

  /** `spec.replicas` */
  toString(): string {
    return this.#names.join('.');
  }

  get(object: unknown): unknown {
    return this.#names.reduce<unknown>((value, name) => (isJson(value) && Object.hasOwn(value, name) ? value[name] : undefined), object);
  }

  /** Sets the value and makes the objects on the way to it. */
  set(object: object, value: unknown): void {
    let place = object as Json;
    for (const name of this.#names.slice(0, -1)) {
      const next = place[name];
      const child: Json = isJson(next) ? next : {};
      if (child !== next) put(place, name, child);
      place = child;
    }
    put(place, this.#names.at(-1) ?? '', value);
  }
}
