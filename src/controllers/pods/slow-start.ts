/**
 * Does something `count` times in growing groups: 1, 2, 4, …; the members of a group at the same time. After a group with a
 * failure no further one starts, so that a thousand attempts that must all fail (a quota, say) cost the server only one.
 * @throws the first failure; what succeeded stays done.
 */
export async function slowStart(count: number, attempt: (index: number) => Promise<void>): Promise<void> {
  for (let done = 0, size = 1; done < count; done += size, size *= 2) {
    const group = Array.from({ length: Math.min(size, count - done) }, (_, index) => attempt(done + index));
    const failed = (await Promise.allSettled(group)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

/** Does something for every item at the same time. @throws the first failure, after all have ended. */
export async function forAll<T>(items: readonly T[], attempt: (item: T) => Promise<void>): Promise<void> {
  const failed = (await Promise.allSettled(items.map(attempt))).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
