import { fnv32a, safeEncode } from '#apimachinery';

/** Names a value (a pod template); `collisionCount` gives another name when two values met in one. */
export function hashOf(value: unknown, collisionCount?: number | null): string {
  const suffix = collisionCount === undefined || collisionCount === null ? '' : `/${collisionCount}`;
  return safeEncode(String(fnv32a(canonicalJson(value) + suffix)));
}

/** JSON with sorted keys and without absent parts, so that equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part ?? undefined;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
