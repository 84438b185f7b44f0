import type { KubeObject } from '#apimachinery';

/** The object under another apiVersion, with some fields replaced. What is not replaced is shared with the original. */
export function convertTo<T extends KubeObject>(apiVersion: string, object: KubeObject, fields: Partial<T> = {}): T {
  return { ...object, apiVersion, ...fields } as unknown as T;
}

/** The object with annotations set, or removed where the value is undefined. */
export function withAnnotations<T extends KubeObject>(object: T, changes: Readonly<Record<string, string | undefined>>): T {
  const annotations = { ...object.metadata.annotations };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete annotations[key];
    else annotations[key] = value;
  }
  const metadata: KubeObject['metadata'] = { ...object.metadata, annotations };
  if (Object.keys(annotations).length === 0) delete metadata.annotations;
  return { ...object, metadata };
}
