/** What is read of the nodes of a parsed expression. */
export interface Node {
  op: string;
  args: unknown;
  meta?: { alternate?: unknown; macro?: unknown };
}

/** A loop's parts. */
export interface Comprehension {
  iterable: unknown;
  init: unknown;
  step: unknown;
  /** Asked before each turn whether to go on. */
  condition?(accumulated: unknown): boolean;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value;
}

/** The nodes directly below one, or in a list of parts of one. What a macro has been expanded to takes its place. */
export function childrenOf({ op, args, meta }: Node): unknown[] {
  if (meta?.alternate !== undefined) return [meta.alternate];
  if (op === 'comprehension') {
    const { iterable, init, step } = args as Comprehension;
    return [iterable, init, step];
  }
  const macro = meta?.macro;
  return [args, ...(typeof macro === 'object' && macro !== null ? Object.values(macro) : [])];
}

/** Calls `visit` for every node of an expression, once. */
export function visitNodes(expression: unknown, visit: (node: Node) => void, seen = new Set<unknown>()): void {
  if (seen.has(expression)) return;
  if (Array.isArray(expression)) {
    for (const part of expression) visitNodes(part, visit, seen);
    return;
  }
  if (!isNode(expression)) return;
  seen.add(expression);
  visit(expression);
  for (const child of childrenOf(expression)) visitNodes(child, visit, seen);
}
