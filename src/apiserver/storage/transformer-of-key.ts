import type { Encryption, ValueTransformer } from './encryption.ts';

const ROOT = '/registry/';

/**
 * Finds what encrypts the value of a key: `/registry/<resource>/…` for the resources in `known`, and
 * `/registry/<group>/<resource>/…` for those that stand under their group's name.
 */
export function transformerOfKey(
  encryption: Encryption,
  known: Iterable<{ group: string; resource: string }>,
): (key: string) => ValueTransformer | undefined {
  const groups = new Map<string, string>();
  for (const { group, resource } of known) if (!groups.has(resource)) groups.set(resource, group);
  const found = new Map<string, ValueTransformer | undefined>();
  return (key) => {
    const place = placeOf(key);
    if (place === undefined) return undefined;
    if (!found.has(place)) {
      const [first = '', second] = place.split('/');
      const resource = second === undefined ? { group: groups.get(first) ?? '', resource: first } : { group: first, resource: second };
      found.set(place, encryption.transformerFor(resource));
    }
    return found.get(place);
  };
}

/** `secrets`, or `example.com/widgets`: a group has a dot in it, a resource has none. */
function placeOf(key: string): string | undefined {
  if (!key.startsWith(ROOT)) return undefined;
  const end = key.indexOf('/', ROOT.length);
  if (end < 0) return undefined;
  const first = key.slice(ROOT.length, end);
  if (!first.includes('.')) return first;
  const next = key.indexOf('/', end + 1);
  return next < 0 ? undefined : key.slice(ROOT.length, next);
}
