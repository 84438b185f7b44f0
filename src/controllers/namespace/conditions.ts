import type { NamespaceCondition } from '#api/generated/core-v1.ts';
import { timestamp } from '#apimachinery';
import { withCondition } from '../conditions.ts';
import type { Remains } from './delete-content.ts';

/** How far the deletion has come, in the words that people look for when a namespace hangs. */
export function deletionConditions(present: readonly NamespaceCondition[] | undefined, remains: Remains): NamespaceCondition[] {
  let conditions = present ?? [];
  for (const [type, failed, trueReason, falseReason, message, fine] of rows(remains)) {
    const status = failed ? 'True' : 'False';
    conditions = withCondition(conditions, {
      type,
      status,
      lastTransitionTime: timestamp(),
      reason: failed ? trueReason : falseReason,
      message: failed ? message : fine,
    });
  }
  return [...conditions];
}

type Row = [type: string, failed: boolean, trueReason: string, falseReason: string, message: string, fine: string];

function rows({ undiscovered, errors, byResource, byFinalizer }: Remains): Row[] {
  const discovery = `Discovery failed for some groups, ${undiscovered.size} failing: ${texts([...undiscovered.values()])}`;
  const content = errors.slice(undiscovered.size);
  const left = sorted(byResource, (resource, count) => `${resource} has ${count} resource instances`);
  const finalizers = sorted(byFinalizer, (finalizer, count) => `${finalizer} in ${count} resource instances`);
  return [
    [
      'NamespaceDeletionDiscoveryFailure',
      undiscovered.size > 0,
      'DiscoveryFailed',
      'ResourcesDiscovered',
      discovery,
      'All resources successfully discovered',
    ],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      'GroupVersionParsingFailed',
      'ParsedGroupVersions',
      '',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      content.length > 0,
      'ContentDeletionFailed',
      'ContentDeleted',
      `Failed to delete all resource types, ${content.length} remaining: ${texts(content)}`,
      'All content successfully deleted, may be waiting on finalization',
    ],
    [
      'NamespaceContentRemaining',
      byResource.size > 0,
      'SomeResourcesRemain',
      'ContentRemoved',
      `Some resources are remaining: ${left}`,
      'All content successfully removed',
    ],
    [
      'NamespaceFinalizersRemaining',
      byFinalizer.size > 0,
      'SomeFinalizersRemain',
      'ContentHasNoFinalizers',
      `Some content in the namespace has finalizers remaining: ${finalizers}`,
      'All content-preserving finalizers finished',
    ],
  ];
}

function texts(errors: readonly unknown[]): string {
  return errors.map((error) => (error instanceof Error ? error.message : String(error))).join(', ');
}

function sorted(counts: Map<string, number>, text: (key: string, count: number) => string): string {
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, count]) => text(key, count))
    .join(', ');
}
