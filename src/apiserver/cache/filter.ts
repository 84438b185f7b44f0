import type { KubeObject } from '#apimachinery';
import type { Entry } from './entry.ts';

/** Which objects of a resource a list or watch is about. */
export interface Filter {
  /** Absent: all namespaces. */
  namespace?: string;
  name?: string;
  /** Absent: every object. */
  matches?(object: KubeObject): boolean;
  /** One `field=value` that every match must have: lets a change find its watchers without asking all of them. */
  exact?: { field: string; value: string };
}

export function accepts(filter: Filter, entry: Entry): boolean {
  if (filter.namespace !== undefined && filter.namespace !== entry.namespace) return false;
  if (filter.name !== undefined && filter.name !== entry.name) return false;
  return filter.matches === undefined || filter.matches(entry.object);
}
