import { badRequest, type KubeObject } from '#apimachinery';
import type { PatchType } from './types.ts';

interface Operation {
  op: string;
  path: string;
  value?: unknown;
}

type Tree = Record<string, unknown>;

/** Applies a patch to a copy. Strategic merge patches are treated as merge patches: lists are replaced. */
export function applyFakePatch<T extends KubeObject>(object: T, type: PatchType, patch: unknown): T {
  if (type === 'json') return applyOperations(structuredClone(object), patch as Operation[]);
  if (type === 'apply') throw badRequest('the fake client knows no server-side apply');
  return merge(object, patch) as T;
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Tree = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...(target as Tree) } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = merge(merged[key], value);
  }
  return merged;
}

function applyOperations<T>(object: T, operations: readonly Operation[]): T {
  for (const { op, path, value } of operations) {
    const segments = path
      .split('/')
      .slice(1)
      .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = segments.pop()!;
    let parent = object as unknown as Tree;
    for (const segment of segments) {
      parent = parent[segment] as Tree;
      if (parent === undefined) throw badRequest(`the path ${path} does not exist`);
    }
    applyOperation(parent, last, op, value);
  }
  return object;
}

function applyOperation(parent: Tree, last: string, op: string, value: unknown): void {
  if (op === 'test') {
    if (JSON.stringify(parent[last]) !== JSON.stringify(value)) throw badRequest(`testing value ${last} failed`);
  } else if (op === 'remove') {
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete parent[last];
  } else if (Array.isArray(parent) && op === 'add') {
    parent.splice(last === '-' ? parent.length : Number(last), 0, value);
  } else {
    parent[last] = value;
  }
}
