import { isMap } from './strategy.ts';

/** What tells an item of a merging list from the others: the value of its merge key, or the item itself. */
export function identity(item: unknown, mergeKey: string | undefined): string {
  return JSON.stringify(mergeKey !== undefined && isMap(item) ? (item[mergeKey] ?? null) : item);
}

/** Where each item stands in a list. */
function positions(list: readonly unknown[], mergeKey: string | undefined): Map<string, number> {
  const found = new Map<string, number>();
  list.forEach((item, index) => {
    const id = identity(item, mergeKey);
    if (!found.has(id)) found.set(id, index);
  });
  return found;
}

/**
 * Puts merged items in order: those that `wanted` names in its order, the others in the order that they had on the
 * server, and both kinds among each other as on the server. An item that is new there comes before those of the server
 * that have no place yet: a container that a patch adds is the first of the list.
 */
export function orderElements(
  items: readonly unknown[],
  wanted: readonly unknown[],
  server: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const inWanted = positions(wanted, mergeKey);
  const inServer = positions(server, mergeKey);
  const rank = (order: Map<string, number>, item: unknown): number => order.get(identity(item, mergeKey)) ?? -1;
  const own = items.filter((item) => inWanted.has(identity(item, mergeKey))).sort((a, b) => rank(inWanted, a) - rank(inWanted, b));
  const others = items.filter((item) => !inWanted.has(identity(item, mergeKey))).sort((a, b) => rank(inServer, a) - rank(inServer, b));
  const ordered: unknown[] = [];
  let next = 0;
  for (const item of own) {
    const place = inServer.get(identity(item, mergeKey)) ?? -1;
    for (; next < others.length && rank(inServer, others[next]) < place; next++) ordered.push(others[next]);
    ordered.push(item);
  }
  return [...ordered, ...others.slice(next)];
}
