import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '#api/generated/apps-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { controllerOf, isAlreadyExists, isNotFound, objectEqual } from '#apimachinery';
import { resources, type Client, type EventRecorder } from '#client';
import { findCondition } from '../conditions.ts';
import { hashOf } from '../hash.ts';
import { controllerReference } from '../ownership.ts';
import { isNamespaceTerminating } from '../pods/pod-control.ts';
import { isTerminal } from '../pods/pod-state.ts';
import { DESIRED_REPLICAS, newReplicaSetAnnotations, numberIn, REVISION, revisionOf, sizeAnnotations } from './annotations.ts';
import { proportionalSizes } from './proportional-scaling.ts';
import {
  all,
  byCreation,
  isRollingUpdate,
  maxSurge,
  maxUnavailable,
  nextSizeOfCurrent,
  POD_TEMPLATE_HASH,
  replicasOf,
  sameTemplate,
  splitReplicaSets,
  sum,
  withReplicas,
  type ReplicaSets,
} from './replica-sets.ts';
import { condition, countStatus, hasProgressDeadline, isComplete, rolloutStatus, setCondition } from './status.ts';

export interface RolloutDependencies {
  client: Client;
  recorder: EventRecorder;
  /** Hear of everything that was written. */
  onWrite(replicaSet: ReplicaSet): void;
  onDeploymentWrite(deployment: Deployment): void;
  podsOf(replicaSet: ReplicaSet): Iterable<Pod>;
}

/** One step of one Deployment. Holds the newest state of what it wrote, and nothing beyond that step. */
export class Rollout {
  #deployment: Deployment;
  #replicaSets: ReplicaSets;
  readonly #deps: RolloutDependencies;

  constructor(deployment: Deployment, replicaSets: readonly ReplicaSet[], deps: RolloutDependencies) {
    this.#deployment = deployment;
    this.#replicaSets = splitReplicaSets(deployment, replicaSets);
    this.#deps = deps;
  }

  get deployment(): Deployment {
    return this.#deployment;
  }

  /** A change of the Deployment's size that its ReplicaSets have not been told of. */
  get isScaling(): boolean {
    const wanted = replicasOf(this.#deployment);
    return withReplicas(all(this.#replicaSets)).some((each) => (numberIn(each, DESIRED_REPLICAS) ?? wanted) !== wanted);
  }

  /** Says in the condition `Progressing` whether the Deployment is paused; a paused one does not run into its deadline. */
  async notePause(): Promise<void> {
    const { paused = false } = this.#deployment.spec;
    const present = findCondition(this.#deployment.status?.conditions, 'Progressing');
    if (!hasProgressDeadline(this.#deployment) || present?.reason === 'ProgressDeadlineExceeded') return;
    const noted = present?.reason === 'DeploymentPaused';
    if (paused && !noted) await this.#writeCondition('Unknown', 'DeploymentPaused', 'Deployment is paused');
    if (!paused && noted) await this.#writeCondition('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  }

  async rollingUpdate(): Promise<void> {
    if (!(await this.#ensureCurrent())) return;
    const moved = (await this.#growCurrent()) || (await this.#shrinkOld());
    if (!moved) await this.#cleanUpIfComplete();
    await this.#writeStatus(rolloutStatus(this.#deployment, this.#replicaSets));
  }

  async recreate(): Promise<void> {
    await this.#adjustCurrent();
    const old = withReplicas(this.#replicaSets.old);
    for (const replicaSet of old) await this.#scale(replicaSet, 0);
    if (old.length === 0 && !this.#oldPodsRun()) {
      if (!(await this.#ensureCurrent())) return;
      await this.#scale(this.#replicaSets.current!, replicasOf(this.#deployment));
      await this.#cleanUpIfComplete();
    }
    await this.#writeStatus(rolloutStatus(this.#deployment, this.#replicaSets));
  }

  /** Only follows the Deployment's size: while it is paused, or before a rollout goes on. */
  async scaleOnly(): Promise<void> {
    await this.#adjustCurrent();
    await this.#followSize();
    if (this.#deployment.spec.paused) await this.#cleanUp();
    await this.#writeStatus(countStatus(this.#deployment, this.#replicaSets));
  }

  async statusOnly(): Promise<void> {
    await this.#writeStatus(countStatus(this.#deployment, this.#replicaSets));
  }

  /** Brings the present template's ReplicaSet up to date, or makes it. False: it could not be made, and that was said. */
  async #ensureCurrent(): Promise<boolean> {
    if (this.#replicaSets.current) {
      await this.#adjustCurrent();
      return true;
    }
    const replicaSet = this.#newReplicaSet();
    const { namespace } = replicaSet.metadata;
    try {
      const created = await this.#replicaSetClient.create(replicaSet);
      await this.#introduce(created, true);
      return true;
    } catch (error) {
      if (isNamespaceTerminating(error)) return false;
      if (!isAlreadyExists(error)) return this.#sayCreateFailed(replicaSet, error);
      const existing = await this.#replicaSetClient.get({ name: replicaSet.metadata.name, namespace });
      const ours = controllerOf(existing)?.uid === this.#deployment.metadata.uid;
      if (!ours || !sameTemplate(existing.spec.template, this.#deployment.spec.template)) return this.#countCollision(error);
      await this.#introduce(existing, false);
      return true;
    }
  }

  #newReplicaSet(): ReplicaSet {
    const deployment = this.#deployment;
    const { selector, template, minReadySeconds } = deployment.spec;
    const hash = hashOf(template, deployment.status?.collisionCount);
    const labels = { ...template.metadata.labels, [POD_TEMPLATE_HASH]: hash };
    const replicas = nextSizeOfCurrent(deployment, this.#replicaSets.old, 0);
    return {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        namespace: deployment.metadata.namespace,
        labels,
        annotations: {
          ...newReplicaSetAnnotations(deployment, undefined, this.#nextRevision()),
          ...sizeAnnotations(replicasOf(deployment), replicasOf(deployment) + maxSurge(deployment)),
        },
        ownerReferences: [controllerReference(resources.deployments, deployment)],
      },
      spec: {
        replicas,
        minReadySeconds,
        selector: { ...selector, matchLabels: { ...selector?.matchLabels, [POD_TEMPLATE_HASH]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
      status: { replicas: 0 },
    };
  }

  async #introduce(replicaSet: ReplicaSet, isNew: boolean): Promise<void> {
    this.#deps.onWrite(replicaSet);
    this.#replicaSets.current = replicaSet;
    const { name } = replicaSet.metadata;
    const size = replicasOf(replicaSet);
    if (isNew && size > 0) this.#event('Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${size}`);
    await this.#takeRevision(replicaSet);
    if (isNew && hasProgressDeadline(this.#deployment)) {
      await this.#writeCondition('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`);
    }
  }

  async #sayCreateFailed(replicaSet: ReplicaSet, error: unknown): Promise<never> {
    const why = error instanceof Error ? error.message : String(error);
    const message = `Failed to create new replica set "${replicaSet.metadata.name}": ${why}`;
    if (hasProgressDeadline(this.#deployment)) await this.#writeCondition('False', 'ReplicaSetCreateError', message);
    this.#event('Warning', 'ReplicaSetCreateError', message);
    throw error;
  }

  /** Another template has the same hash: the next attempt uses another one. */
  async #countCollision(error: unknown): Promise<never> {
    const status = this.#deployment.status ?? {};
    await this.#writeStatus({ ...status, collisionCount: (status.collisionCount ?? 0) + 1 });
    throw error;
  }

  /** Gives the present template's ReplicaSet, if it exists, the newest revision and the Deployment's annotations. */
  async #adjustCurrent(): Promise<void> {
    const { current } = this.#replicaSets;
    if (!current) return;
    const { minReadySeconds } = this.#deployment.spec;
    const annotations = newReplicaSetAnnotations(this.#deployment, current.metadata.annotations, this.#nextRevision());
    if (!objectEqual(annotations, current.metadata.annotations) || (minReadySeconds ?? 0) !== (current.spec.minReadySeconds ?? 0)) {
      await this.#update(current, {
        ...current,
        metadata: { ...current.metadata, annotations },
        spec: { ...current.spec, minReadySeconds },
      });
    }
    await this.#takeRevision(this.#replicaSets.current!);
    if (hasProgressDeadline(this.#deployment) && !findCondition(this.#deployment.status?.conditions, 'Progressing')) {
      await this.#writeCondition('True', 'FoundNewReplicaSet', `Found new replica set "${current.metadata.name}"`);
    }
  }

  #nextRevision(): number {
    return Math.max(0, ...this.#replicaSets.old.map(revisionOf)) + 1;
  }

  /** The Deployment carries the revision of its current ReplicaSet. */
  async #takeRevision(replicaSet: ReplicaSet): Promise<void> {
    const revision = replicaSet.metadata.annotations?.[REVISION];
    if (revision === undefined || this.#deployment.metadata.annotations?.[REVISION] === revision) return;
    const patch = { metadata: { uid: this.#deployment.metadata.uid, annotations: { [REVISION]: revision } } };
    this.#deployment = await this.#deploymentClient.patch(this.#deployment.metadata, 'merge', patch);
    this.#deps.onDeploymentWrite(this.#deployment);
  }

  async #growCurrent(): Promise<boolean> {
    const current = this.#replicaSets.current!;
    const wanted = replicasOf(this.#deployment);
    const size = replicasOf(current);
    return this.#scale(current, size > wanted ? wanted : nextSizeOfCurrent(this.#deployment, all(this.#replicaSets), size));
  }

  /** Takes away old pods, first those that are not available anyway, as long as enough available ones remain. */
  async #shrinkOld(): Promise<boolean> {
    const old = withReplicas(this.#replicaSets.old);
    if (old.length === 0) return false;
    const every = all(this.#replicaSets);
    const current = this.#replicaSets.current!;
    const minimum = replicasOf(this.#deployment) - maxUnavailable(this.#deployment);
    const unavailable = replicasOf(current) - (current.status?.availableReplicas ?? 0);
    const removable = sum(every, replicasOf) - minimum - unavailable;
    if (removable <= 0) return false;
    const cleaned = await this.#removeUnavailable(removable);
    const surplus = sum(every, (each) => each.status?.availableReplicas) - minimum;
    const removed = await this.#removeAvailable(surplus);
    return cleaned || removed;
  }

  async #removeUnavailable(limit: number): Promise<boolean> {
    let left = limit;
    for (const replicaSet of this.#replicaSets.old) {
      const size = replicasOf(replicaSet);
      const count = Math.min(left, size - (replicaSet.status?.availableReplicas ?? 0));
      if (count <= 0) continue;
      await this.#scale(replicaSet, size - count);
      left -= count;
    }
    return left < limit;
  }

  async #removeAvailable(limit: number): Promise<boolean> {
    let left = limit;
    for (const replicaSet of this.#replicaSets.old) {
      const count = Math.min(left, replicasOf(replicaSet));
      if (count <= 0) continue;
      await this.#scale(replicaSet, replicasOf(replicaSet) - count);
      left -= count;
    }
    return left < limit;
  }

  async #followSize(): Promise<void> {
    const wanted = replicasOf(this.#deployment);
    const { current, old } = this.#replicaSets;
    const active = withReplicas(all(this.#replicaSets));
    const only = active.length === 0 ? (current ?? old.toSorted(byCreation).at(-1)) : active.length === 1 ? active[0] : undefined;
    if (active.length <= 1) {
      if (only) await this.#scale(only, wanted);
    } else if (this.#isSaturated()) {
      for (const replicaSet of withReplicas(old)) await this.#scale(replicaSet, 0);
    } else if (isRollingUpdate(this.#deployment)) {
      for (const [replicaSet, size] of proportionalSizes(this.#deployment, active)) await this.#scale(replicaSet, size);
    }
  }

  /** The current ReplicaSet alone provides everything that is wanted. */
  #isSaturated(): boolean {
    const { current } = this.#replicaSets;
    const wanted = replicasOf(this.#deployment);
    return (
      current !== undefined &&
      numberIn(current, DESIRED_REPLICAS) === wanted &&
      replicasOf(current) === wanted &&
      (current.status?.availableReplicas ?? 0) === wanted
    );
  }

  #oldPodsRun(): boolean {
    return this.#replicaSets.old.some((replicaSet) => [...this.#deps.podsOf(replicaSet)].some((pod) => !isTerminal(pod)));
  }

  /** Resolves with whether the size changed. */
  async #scale(replicaSet: ReplicaSet, size: number): Promise<boolean> {
    const before = replicasOf(replicaSet);
    const wanted = replicasOf(this.#deployment);
    const annotations = { ...replicaSet.metadata.annotations, ...sizeAnnotations(wanted, wanted + maxSurge(this.#deployment)) };
    if (before === size && objectEqual(annotations, replicaSet.metadata.annotations)) return false;
    await this.#update(replicaSet, {
      ...replicaSet,
      metadata: { ...replicaSet.metadata, annotations },
      spec: { ...replicaSet.spec, replicas: size },
    });
    if (before === size) return false;
    const direction = before < size ? 'up' : 'down';
    this.#event('Normal', 'ScalingReplicaSet', `Scaled ${direction} replica set ${replicaSet.metadata.name} from ${before} to ${size}`);
    return true;
  }

  async #update(old: ReplicaSet, replicaSet: ReplicaSet): Promise<void> {
    const written = await this.#replicaSetClient.update(replicaSet);
    this.#deps.onWrite(written);
    if (this.#replicaSets.current === old) this.#replicaSets.current = written;
    this.#replicaSets.old = this.#replicaSets.old.map((each) => (each === old ? written : each));
  }

  async #cleanUpIfComplete(): Promise<void> {
    if (isComplete(this.#deployment, this.#deployment.status ?? {})) await this.#cleanUp();
  }

  /** Deletes the oldest revisions beyond `revisionHistoryLimit`; those that still have pods stay. */
  async #cleanUp(): Promise<void> {
    const limit = this.#deployment.spec.revisionHistoryLimit;
    if (limit === undefined || limit >= 2_147_483_647) return;
    const kept = this.#replicaSets.old.filter((each) => !each.metadata.deletionTimestamp);
    const surplus = kept.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, kept.length - limit));
    for (const { metadata, spec, status } of surplus) {
      const seen = (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0);
      if (!seen || (status?.replicas ?? 0) !== 0 || (spec.replicas ?? 1) !== 0) continue;
      await this.#replicaSetClient.delete(metadata, { preconditions: { uid: metadata.uid } }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }

  async #writeCondition(status: DeploymentCondition['status'], reason: string, message: string): Promise<void> {
    const present = this.#deployment.status ?? {};
    const wanted = condition('Progressing', status as 'True', reason, message);
    await this.#writeStatus({ ...present, conditions: setCondition(present.conditions, wanted) });
  }

  async #writeStatus(status: DeploymentStatus): Promise<void> {
    if (objectEqual(status, this.#deployment.status)) return;
    this.#deployment = await this.#deploymentClient.updateStatus({ ...this.#deployment, status });
    this.#deps.onDeploymentWrite(this.#deployment);
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#deps.recorder.event(resources.deployments, this.#deployment, type, reason, message);
  }

  get #deploymentClient() {
    return this.#deps.client.resource(resources.deployments);
  }

  get #replicaSetClient() {
    return this.#deps.client.resource(resources.replicaSets);
  }
}
