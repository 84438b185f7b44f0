import { objectEqual } from '#apimachinery';

/** The fields in which two objects differ, a pair of lines for each: `- 	hostname: "a"` and `+ 	hostname: "b"`. */
export function describeChanges(old: object, changed: object): string {
  const lines: string[] = [];
  collect(old, changed, '', lines);
  return lines.join('\n');
}

type Node = Record<string, unknown>;

function collect(old: unknown, changed: unknown, path: string, lines: string[]): void {
  if (objectEqual(old, changed)) return;
  if (isNode(old) && isNode(changed) && Array.isArray(old) === Array.isArray(changed)) {
    const list = Array.isArray(old);
    for (const key of new Set([...Object.keys(old), ...Object.keys(changed)])) {
      collect(old[key], changed[key], list ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`, lines);
    }
    return;
  }
  if (old !== undefined) lines.push(`- \t${path}: ${JSON.stringify(old)}`);
  if (changed !== undefined) lines.push(`+ \t${path}: ${JSON.stringify(changed)}`);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}
