import type { ComponentStatus } from '#api/generated/core-v1.ts';

/** A part of the control plane. Its check throws (or rejects) when it is not well. */
export interface Component {
  name: string;
  check(): void | Promise<void>;
}

/** What `kubectl get componentstatuses` shows: made up at the moment of asking. */
export async function componentStatuses(components: readonly Component[]): Promise<ComponentStatus[]> {
  const statuses = await Promise.all(components.map(statusOf));
  return statuses.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

async function statusOf({ name, check }: Component): Promise<ComponentStatus> {
  const problem = await problemOf(check);
  const condition =
    problem === undefined ? { type: 'Healthy', status: 'True', message: 'ok' } : { type: 'Healthy', status: 'False', message: problem };
  return { metadata: { name }, conditions: [condition] };
}

async function problemOf(check: Component['check']): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
