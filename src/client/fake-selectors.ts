import { matchesFields, parseFieldSelector, parseLabelSelector, type KubeObject } from '#apimachinery';

interface Selectors {
  labelSelector?: string;
  fieldSelector?: string;
}

/** Label selectors in all their forms; field selectors on any path of the object. */
export function matchesSelectors(object: KubeObject, { labelSelector, fieldSelector }: Selectors): boolean {
  if (labelSelector && !parseLabelSelector(labelSelector).matches(object.metadata.labels)) return false;
  return !fieldSelector || matchesFields(parseFieldSelector(fieldSelector), (field) => textAt(object, field));
}

function textAt(object: KubeObject, field: string): string {
  const value = field.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], object);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
