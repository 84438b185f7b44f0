import type { AdmissionAttributes } from '../../types.ts';
import { isClusterScoped, isExempt, type Criteria } from './criteria.ts';
import type { RequestForm } from './request-form.ts';

/** Something that wants to see certain writes. */
export interface Concerning {
  criteria: Criteria;
}

/** One whose rules are about a write, and the form in which it wants to see it. */
export interface Concerned<T extends Concerning> {
  by: T;
  form: RequestForm;
}

/** More kinds of writes than this are not remembered: a client that makes up resources must not fill the memory. */
const MAX_REMEMBERED = 4096;

/** Whom a write concerns, found once for each kind of write. */
export class ConcernIndex<T extends Concerning> {
  readonly #all: () => readonly T[];
  readonly #found = new Map<string, readonly Concerned<T>[]>();

  constructor(all: () => readonly T[]) {
    this.#all = all;
  }

  clear(): void {
    this.#found.clear();
  }

  /** Those whose rules are about this write, in their order; labels and conditions are still to be looked at. */
  concernedBy(attributes: AdmissionAttributes): readonly Concerned<T>[] {
    const all = this.#all();
    if (all.length === 0 || isExempt(attributes)) return [];
    if (all.some(({ criteria }) => criteria.usesNames)) return find(all, attributes);
    const { operation, resource, subresource } = attributes;
    const key = `${operation} ${resource.group}/${resource.version}/${resource.resource}/${subresource} ${isClusterScoped(attributes)}`;
    let found = this.#found.get(key);
    if (found === undefined) {
      if (this.#found.size >= MAX_REMEMBERED) this.#found.clear();
      this.#found.set(key, (found = find(all, attributes)));
    }
    return found;
  }
}

function find<T extends Concerning>(all: readonly T[], attributes: AdmissionAttributes): readonly Concerned<T>[] {
  return all.flatMap((by) => {
    const form = by.criteria.formOf(attributes);
    return form === undefined ? [] : [{ by, form }];
  });
}
