import type { Environment } from '@marcbachmann/cel-js';
import { jsonEqual } from '#apimachinery';

type Ordered = number | bigint | string | boolean | Date;

const isSorted = (list: readonly Ordered[]): boolean => list.every((item, i) => i === 0 || (list[i - 1] as Ordered) <= item);

function extreme(list: readonly Ordered[], better: (a: Ordered, b: Ordered) => boolean, name: string): Ordered {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error(`${name} called on empty list`);
  return rest.reduce((best, item) => (better(item, best) ? item : best), first);
}

const same = (a: unknown) => (b: unknown) => a === b || (typeof a === 'object' && jsonEqual(a, b));

function sum(list: readonly (number | bigint)[]): number | bigint {
  const [first, ...rest] = list;
  if (first === undefined) return 0n;
  return rest.reduce((total, item) => ((total as number) + (item as number)) as number | bigint, first);
}

const contains = (list: readonly unknown[], part: readonly unknown[]): boolean => part.every((item) => list.some(same(item)));

/** Kubernetes' functions on lists, and those of CEL's sets. */
export function registerLists(environment: Environment): void {
  environment
    .registerFunction('list<T>.isSorted(): bool', isSorted)
    .registerFunction('list<T>.sum(): T', sum)
    .registerFunction('list<T>.min(): T', (list: Ordered[]) => extreme(list, (a, b) => a < b, 'min'))
    .registerFunction('list<T>.max(): T', (list: Ordered[]) => extreme(list, (a, b) => a > b, 'max'))
    .registerFunction('list<T>.indexOf(T): int', (list: unknown[], item: unknown) => BigInt(list.findIndex(same(item))))
    .registerFunction('list<T>.lastIndexOf(T): int', (list: unknown[], item: unknown) => BigInt(list.findLastIndex(same(item))));
  class Sets {
    readonly name = 'sets';
  }
  environment
    .registerType('Sets', Sets)
    .registerConstant('sets', 'Sets', new Sets())
    .registerFunction('Sets.contains(list<T>, list<T>): bool', (_: Sets, list: unknown[], part: unknown[]) => contains(list, part))
    .registerFunction('Sets.equivalent(list<T>, list<T>): bool', (_: Sets, a: unknown[], b: unknown[]) => contains(a, b) && contains(b, a))
    .registerFunction('Sets.intersects(list<T>, list<T>): bool', (_: Sets, a: unknown[], b: unknown[]) => a.some((x) => b.some(same(x))));
}
