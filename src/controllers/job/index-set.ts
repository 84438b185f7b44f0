/** Reads `0,2-4`: the indexes of a Job in the notation of its status. Indexes from `limit` on are left out. */
export function parseIndexes(text: string | undefined, limit: number): Set<number> {
  const indexes = new Set<number>();
  for (const part of text ? text.split(',') : []) {
    const [first, last = first] = part.split('-').map(Number);
    for (let index = first!; index <= last! && index < limit; index++) indexes.add(index);
  }
  return indexes;
}

/** Writes indexes as `0,2-4`; two in a row stay two: `5,6`. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length;) {
    let end = i;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    if (end - i >= 2) parts.push(`${sorted[i]}-${sorted[end]}`);
    else for (let each = i; each <= end; each++) parts.push(String(sorted[each]));
    i = end + 1;
  }
  return parts.join(',');
}
