import type { FieldPath } from '#apimachinery';

/** The text of a warning about a field. */
export function warning(path: FieldPath, text: string): string {
  return `${path.toString()}: ${text}`;
}
