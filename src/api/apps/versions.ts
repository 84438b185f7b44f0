import type { KindDefinition } from '../kind-definition.ts';

/** How old versions of a workload warn: all of them went in v1.16. */
export function replacedByApps(kind: string, since: string): NonNullable<KindDefinition['deprecated']> {
  return { since, removedIn: 'v1.16', use: `apps/v1 ${kind}` };
}
