import type { ControllerRevision } from '#api/generated/apps-v1.ts';
import type { PodTemplateSpec } from '#api/generated/core-v1.ts';
import { isAlreadyExists, isNotFound, objectEqual, type KubeObject, type LabelSelector } from '#apimachinery';
import { resources, type Client, type Informer, type ResourceType } from '#client';
import { hashOf } from '../hash.ts';
import { controlledBy, orphansIn } from '../indexes.ts';
import { claim, controllerReference } from '../ownership.ts';
import { selects } from '../selector.ts';

/** The label with the name of the revision that made a pod; of a ControllerRevision, its hash. */
export const REVISION_HASH = 'controller-revision-hash';

/** An owner that keeps its history as ControllerRevisions: a DaemonSet or a StatefulSet. */
export interface RevisionedOwner extends KubeObject {
  spec: { selector?: LabelSelector; template: PodTemplateSpec; revisionHistoryLimit?: number };
}

export interface RevisionDependencies {
  client: Client;
  revisions: Informer<ControllerRevision>;
  onWrite: (revision: ControllerRevision) => void;
}

/** What a revision keeps: a patch that sets the template. */
function revisionData(template: PodTemplateSpec): unknown {
  return { spec: { template: { ...template, $patch: 'replace' } } };
}

/** The template that a revision has kept. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (revision.data as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec.template;
  return template;
}

/** The owner's revisions, oldest first. */
export async function listRevisions<T extends RevisionedOwner>(
  type: ResourceType<T>,
  owner: T,
  deps: RevisionDependencies,
): Promise<ControllerRevision[]> {
  const { uid, namespace } = owner.metadata;
  const claimed = await claim({
    client: deps.client,
    ownerType: type,
    owner,
    type: resources.controllerRevisions,
    candidates: [...controlledBy(deps.revisions, uid), ...orphansIn(deps.revisions, namespace)],
    matches: ({ metadata }) => selects(owner.spec.selector, metadata.labels),
    onWrite: deps.onWrite,
  });
  return claimed.sort((a, b) => a.revision - b.revision || (a.metadata.name < b.metadata.name ? -1 : 1));
}

export interface Current {
  revision: ControllerRevision;
  /** Set when another revision had the same name: the next attempt needs another hash. */
  collisionCount: number | undefined;
}

/** The revision of the present template, made or made the newest if it is not. */
export async function ensureCurrent<T extends RevisionedOwner>(
  type: ResourceType<T>,
  owner: T,
  all: readonly ControllerRevision[],
  collisionCount: number | undefined,
  deps: RevisionDependencies,
): Promise<Current> {
  const revisions = deps.client.resource(resources.controllerRevisions);
  const data = revisionData(owner.spec.template);
  const newest = all.at(-1);
  const equal = all.findLast((each) => objectEqual(each.data, data));
  const next = (newest?.revision ?? 0) + 1;
  if (equal && equal === newest) return { revision: equal, collisionCount };
  if (equal) {
    const revision = await revisions.update({ ...equal, revision: next });
    deps.onWrite(revision);
    return { revision, collisionCount };
  }
  for (let collisions = collisionCount; ; collisions = (collisions ?? 0) + 1) {
    const wanted = newRevision(type, owner, data, next, collisions);
    try {
      const revision = await revisions.create(wanted);
      deps.onWrite(revision);
      return { revision, collisionCount: collisions };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const present = await revisions.get(wanted.metadata);
      if (objectEqual(present.data, data)) return { revision: present, collisionCount: collisions };
    }
  }
}

function newRevision(
  type: ResourceType,
  owner: RevisionedOwner,
  data: unknown,
  revision: number,
  collisions: number | undefined,
): ControllerRevision {
  const hash = hashOf(data, collisions);
  const { name, namespace, annotations } = owner.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...owner.spec.template.metadata.labels, [REVISION_HASH]: hash },
      annotations: annotations && { ...annotations },
      ownerReferences: [controllerReference(type, owner)],
    },
    data,
    revision,
  };
}

/** Deletes the oldest revisions beyond `revisionHistoryLimit` that no pod is of. */
export async function trimRevisions(
  owner: RevisionedOwner,
  all: readonly ControllerRevision[],
  isLive: (revision: ControllerRevision) => boolean,
  client: Client,
): Promise<void> {
  const limit = owner.spec.revisionHistoryLimit ?? 10;
  const unused = all.filter((each) => !isLive(each));
  for (const { metadata } of unused.slice(0, Math.max(0, unused.length - limit))) {
    try {
      await client.resource(resources.controllerRevisions).delete(metadata, { preconditions: { uid: metadata.uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
