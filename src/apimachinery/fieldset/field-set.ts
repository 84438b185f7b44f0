/**
 * A set of paths into an object, in the very form in which `managedFields` stores it (`fieldsV1`): each key is one
 * element of a path: `f:<field>`, `k:{"name":"x"}` (an item of a list by its keys), `v:"x"` (an item of a set), `i:0`.
 * A node without keys is a member of the set; so is one with the key `.`, which has members below it as well.
 * The root is no member: `{}` is the empty set. Immutable; operations share what does not change.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

type Building = Record<string, FieldSet>;

/** No path at all. */
export const emptyFieldSet: FieldSet = Object.freeze({});
const SELF = '.';
const MEMBER = emptyFieldSet;

/** Whether nothing is in the set (of a node below the root: nothing below it). */
export function isEmptyFieldSet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether a node below the root is itself in the set. */
export function isMember(node: FieldSet): boolean {
  return node[SELF] !== undefined || isEmptyFieldSet(node);
}

/** What is in either. */
export function unionOf(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptyFieldSet(b)) return a;
  return isEmptyFieldSet(a) ? b : unionChildren(a, b);
}

function unionChildren(a: FieldSet, b: FieldSet): FieldSet {
  let result: Building | undefined;
  for (const element in b) {
    const mine = a[element];
    const joined = mine === undefined ? b[element]! : unionNodes(mine, b[element]!);
    if (joined !== mine) (result ??= { ...a })[element] = joined;
  }
  return result ?? a;
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptyFieldSet(a)) return isEmptyFieldSet(a) && !isEmptyFieldSet(b) ? asMember(b) : a;
  return isEmptyFieldSet(b) ? asMember(a) : unionChildren(a, b);
}

function asMember(node: FieldSet): FieldSet {
  return node[SELF] === undefined ? { [SELF]: MEMBER, ...node } : node;
}

/** What is in `a` and not in `b`: path by path, so a member of `b` takes nothing below it away. */
export function differenceOf(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return emptyFieldSet;
  return isEmptyFieldSet(b) || isEmptyFieldSet(a) ? a : (subtract(a, b, false) ?? emptyFieldSet);
}

/** What is in `a` and neither in `b` nor below a member of `b`. */
export function withoutSubtrees(a: FieldSet, b: FieldSet): FieldSet {
  return isEmptyFieldSet(b) || isEmptyFieldSet(a) ? a : (subtract(a, b, true) ?? emptyFieldSet);
}

/** The children of `a` less those of `b`; undefined when none are left. */
function subtract(a: FieldSet, b: FieldSet, subtrees: boolean): FieldSet | undefined {
  let result: Building | undefined;
  for (const element in b) {
    const mine = a[element];
    if (mine === undefined) continue;
    const left = element === SELF ? undefined : subtractNodes(mine, b[element]!, subtrees);
    if (left === mine) continue;
    result ??= { ...a };
    if (left === undefined) delete result[element];
    else result[element] = left;
  }
  if (result === undefined) return a;
  if (isEmptyFieldSet(result)) return undefined;
  return isOnlySelf(result) ? MEMBER : result;
}

function subtractNodes(a: FieldSet, b: FieldSet, subtrees: boolean): FieldSet | undefined {
  if (isMember(b)) {
    if (subtrees || isEmptyFieldSet(a)) return undefined;
    if (isEmptyFieldSet(b)) return withoutSelf(a);
    return subtract(a, b, subtrees);
  }
  return isEmptyFieldSet(a) ? a : subtract(a, b, subtrees);
}

function withoutSelf(node: FieldSet): FieldSet | undefined {
  if (node[SELF] === undefined) return node;
  const { [SELF]: _, ...rest } = node;
  return isEmptyFieldSet(rest) ? undefined : rest;
}

/** What is in both. */
export function intersectionOf(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  return intersect(a, b) ?? emptyFieldSet;
}

function intersect(a: FieldSet, b: FieldSet): FieldSet | undefined {
  let result: Building | undefined;
  for (const element in a) {
    const other = b[element];
    if (other === undefined) continue;
    const both = element === SELF ? MEMBER : intersectNodes(a[element]!, other);
    if (both !== undefined) (result ??= {})[element] = both;
  }
  return result;
}

function intersectNodes(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (a === b) return a;
  const member = isMember(a) && isMember(b);
  const children = isEmptyFieldSet(a) || isEmptyFieldSet(b) ? undefined : intersect(a, b);
  if (children === undefined || isOnlySelf(children)) return member ? MEMBER : undefined;
  return children;
}

function isOnlySelf(node: FieldSet): boolean {
  for (const element in node) if (element !== SELF) return false;
  return true;
}

/** Whether the path, element by element, is in the set. */
export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let node = set;
  for (const element of path) {
    const next = node[element];
    if (next === undefined) return false;
    node = next;
  }
  return path.length > 0 && isMember(node);
}

/** The members that have no member below them. */
export function leavesOf(set: FieldSet): FieldSet {
  const result: Building = {};
  for (const element in set) {
    if (element !== SELF) result[element] = leavesOf(set[element]!);
  }
  return result;
}

/** Calls back with the path of every member, in order; the array is reused. */
export function eachPath(set: FieldSet, visit: (path: readonly string[]) => void, path: string[] = []): void {
  for (const element of Object.keys(set).sort(compareElements)) {
    if (element === SELF) continue;
    path.push(element);
    if (isMember(set[element]!)) visit(path);
    eachPath(set[element]!, visit, path);
    path.pop();
  }
}

/** Whether two sets have the same members, in whatever order they are written. */
export function fieldSetsEqual(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  let count = 0;
  for (const element in a) {
    const other = b[element];
    if (other === undefined || !fieldSetsEqual(a[element]!, other)) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}

/** The same set with its elements in the order in which the API writes them: `.`, fields, keys, values, indices. */
export function sortedFieldSet(set: FieldSet): FieldSet {
  const result: Building = {};
  for (const element of Object.keys(set).sort(compareElements)) result[element] = sortedFieldSet(set[element]!);
  return result;
}

const KINDS = '.fkvi';

function compareElements(a: string, b: string): number {
  const kind = a[0]!;
  if (kind !== b[0]) return KINDS.indexOf(kind) - KINDS.indexOf(b[0]!);
  if (kind === 'i') return Number(a.slice(2)) - Number(b.slice(2));
  return a < b ? -1 : a > b ? 1 : 0;
}
