/** Element of a path: a field of an object. */
export const fieldElement = (field: string): string => `f:${field}`;

/** Element of a path: the item of a list that has these values in its keys. */
export function keyElement(keys: Readonly<Record<string, unknown>>): string {
  const sorted: Record<string, unknown> = {};
  for (const name of Object.keys(keys).sort()) sorted[name] = keys[name];
  return `k:${JSON.stringify(sorted)}`;
}

/** Element of a path: this item of a set. */
export const valueElement = (value: unknown): string => `v:${JSON.stringify(value)}`;

/** A path as messages show it: `.spec.containers[name="nginx"].image`. */
export function formatFieldPath(path: readonly string[]): string {
  return path.map(formatElement).join('');
}

function formatElement(element: string): string {
  const text = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${text}`;
    case 'k': {
      const keys = JSON.parse(text) as Record<string, unknown>;
      return `[${Object.keys(keys)
        .sort()
        .map((name) => `${name}=${JSON.stringify(keys[name])}`)
        .join(',')}]`;
    }
    case 'v':
      return `[=${text}]`;
    default:
      return `[${text}]`;
  }
}
