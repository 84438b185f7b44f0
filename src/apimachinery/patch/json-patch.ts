import { clone } from '../clone.ts';
import { jsonEqual } from '../object-equal.ts';
import { ownField, setField } from '../own-field.ts';
import { badRequest, requestEntityTooLarge, StatusError } from '../status-error.ts';

/** One step of RFC 6902. */
export interface JsonPatchOperation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string;
  from?: string;
  value?: unknown;
}

const MAX_OPERATIONS = 10_000;
/** Bytes that all `copy` steps of a patch may add; without it a few of them would make gigabytes. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/** Why a step does not apply; the cause of the 422 that the client gets. */
class DoesNotApply extends Error {}

/** What every patch that fits its form but not its object is answered with. */
export function rejectedPatch(cause: unknown): StatusError {
  return new StatusError(
    { code: 422, reason: 'Invalid', message: 'the server rejected our request due to an error in our request', details: {} },
    { cause },
  );
}

/** Checks a request's body. Throws StatusError: 400 for what is no JSON patch, 413 for more than 10,000 steps. */
export function decodeJsonPatch(body: unknown): JsonPatchOperation[] {
  if (!Array.isArray(body)) throw badRequest(`json: cannot unmarshal ${jsonType(body)} into Go value of type jsonpatch.Patch`);
  if (body.length > MAX_OPERATIONS) {
    throw requestEntityTooLarge(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${body.length}`);
  }
  for (const step of body) {
    if (typeof step !== 'object' || step === null || Array.isArray(step)) {
      throw badRequest(`json: cannot unmarshal ${jsonType(step)} into Go value of type jsonpatch.Operation`);
    }
  }
  return body as JsonPatchOperation[];
}

/** How Go's JSON decoder calls a value. */
export function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null || value === undefined) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** The object after all steps; the object given stays as it is. Throws StatusError 422 (all or nothing) when a step does not apply. */
export function applyJsonPatch<T>(object: T, patch: readonly JsonPatchOperation[]): T {
  const document = new Document(clone(object));
  try {
    for (const step of patch) document.apply(step);
  } catch (error) {
    if (error instanceof DoesNotApply) throw rejectedPatch(error);
    throw error;
  }
  return document.value as T;
}

type Container = Record<string, unknown> | unknown[];

class Document {
  value: unknown;
  #copied = 0;

  constructor(value: unknown) {
    this.value = value;
  }

  apply(step: JsonPatchOperation): void {
    if (typeof step.path !== 'string') throw new DoesNotApply(`${step.op} operation does not apply: missing path`);
    switch (step.op) {
      case 'add':
        return this.#add(step.path, clone(required(step)), 'add');
      case 'replace':
        return this.#replace(step.path, clone(required(step)));
      case 'remove':
        return void this.#remove(step.path, 'remove');
      case 'test':
        return this.#test(step.path, step.value);
      case 'move':
        return this.#move(step);
      case 'copy':
        return this.#copy(step);
      default:
        throw new DoesNotApply(`Unexpected kind: ${String(step.op)}`);
    }
  }

  #add(path: string, value: unknown, op: string): void {
    if (path === '') {
      this.value = value;
      return;
    }
    const { parent, key } = this.#locate(path, op);
    if (!Array.isArray(parent)) return setField(parent, key, value);
    const index = key === '-' ? parent.length : indexOf(key, parent.length + 1, path, op);
    parent.splice(index, 0, value);
  }

  #replace(path: string, value: unknown): void {
    if (path === '') {
      this.value = value;
      return;
    }
    const { parent, key } = this.#locate(path, 'replace');
    if (Array.isArray(parent)) parent[indexOf(key, parent.length, path, 'replace')] = value;
    else if (Object.hasOwn(parent, key)) setField(parent, key, value);
    else throw missing('replace', path);
  }

  #remove(path: string, op: string): unknown {
    const { parent, key } = this.#locate(path, op);
    if (Array.isArray(parent)) return parent.splice(indexOf(key, parent.length, path, op), 1)[0];
    if (!Object.hasOwn(parent, key)) throw missing(op, path);
    const value = parent[key];
    delete parent[key];
    return value;
  }

  #test(path: string, expected: unknown): void {
    const actual = path === '' ? this.value : this.#find(path);
    if (!jsonEqual(actual ?? null, expected ?? null)) throw new DoesNotApply(`testing value ${path} failed: test failed`);
  }

  #move(step: JsonPatchOperation): void {
    const from = source(step);
    if (step.path.startsWith(`${from}/`)) throw new DoesNotApply(`move operation does not apply: ${from} would move into itself`);
    this.#add(step.path, this.#remove(from, 'move'), 'move');
  }

  #copy(step: JsonPatchOperation): void {
    const value = this.#get(source(step), 'copy');
    this.#copied += JSON.stringify(value ?? null).length;
    if (this.#copied > MAX_COPIED_BYTES) {
      throw new DoesNotApply(
        `Unable to complete the copy, the accumulated size increase of copy is ${this.#copied}, exceeding the limit ${MAX_COPIED_BYTES}`,
      );
    }
    this.#add(step.path, clone(value), 'copy');
  }

  /** The value at a path that must be there. */
  #get(path: string, op: string): unknown {
    if (path === '') return this.value;
    const { parent, key } = this.#locate(path, op);
    if (Array.isArray(parent)) return parent[indexOf(key, parent.length, path, op)];
    if (!Object.hasOwn(parent, key)) throw missing(op, path);
    return parent[key];
  }

  /** The value at a path whose last part may be absent. */
  #find(path: string): unknown {
    const { parent, key } = this.#locate(path, 'test');
    if (Array.isArray(parent)) return parent[indexOf(key, parent.length, path, 'test')];
    return ownField(parent, key);
  }

  #locate(path: string, op: string): { parent: Container; key: string } {
    if (!path.startsWith('/')) throw missing(op, path);
    const keys = path
      .slice(1)
      .split('/')
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop()!;
    let at: unknown = this.value;
    for (const key of keys) {
      if (Array.isArray(at)) at = at[indexOf(key, at.length, path, op)];
      else at = isContainer(at) ? ownField(at, key) : undefined;
    }
    if (!isContainer(at)) throw missing(op, path);
    return { parent: at, key: last };
  }
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function required(step: JsonPatchOperation): unknown {
  if (step.value === undefined) throw new DoesNotApply(`${step.op} operation does not apply: missing value`);
  return step.value;
}

function source(step: JsonPatchOperation): string {
  if (typeof step.from !== 'string') throw new DoesNotApply(`${step.op} operation does not apply: missing from`);
  return step.from;
}

/** Negative indices count from the end. */
function indexOf(key: string, length: number, path: string, op: string): number {
  if (!/^-?\d+$/.test(key)) throw new DoesNotApply(`${op} operation does not apply: doc is missing path: ${path}: invalid index ${key}`);
  const index = Number(key) < 0 ? Number(key) + length : Number(key);
  if (index < 0 || index >= length) {
    throw new DoesNotApply(
      `${op} operation does not apply: doc is missing path: ${path}: Unable to access invalid index: ${key}: invalid index referenced`,
    );
  }
  return index;
}

function missing(op: string, path: string): DoesNotApply {
  return new DoesNotApply(`${op} operation does not apply: doc is missing path: ${path}: missing value`);
}
