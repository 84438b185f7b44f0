import type { ControllerRevision, StatefulSet, StatefulSetStatus } from '#api/generated/apps-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { isNotFound, objectEqual, scaledValue } from '#apimachinery';
import { resources, type Informer, type Request, type Result } from '#client';
import type { Expectations } from '../expectations.ts';
import { controlledBy, orphansIn } from '../indexes.ts';
import { claim } from '../ownership.ts';
import { isNamespaceTerminating, type PodControl } from '../pods/pod-control.ts';
import { isAvailable, isReady, isTerminal, untilAvailable } from '../pods/pod-state.ts';
import { ensureCurrent, listRevisions, REVISION_HASH, templateOf, trimRevisions, type RevisionDependencies } from '../revisions/history.ts';
import { compiledSelector, selects } from '../selector.ts';
import { ensureClaims, followRetention, type ClaimDependencies } from './claims.ts';
import { firstOrdinal, ordinalOf, podOf } from './identity.ts';

export interface StatefulSetDependencies extends ClaimDependencies, Omit<RevisionDependencies, 'onWrite'> {
  sets: Informer<StatefulSet>;
  pods: Informer<Pod>;
  podExpectations: Expectations<Pod>;
  revisionExpectations: Expectations<ControllerRevision>;
  setExpectations: Expectations<StatefulSet>;
  podControl: PodControl;
}

export async function reconcileStatefulSet(request: Request, deps: StatefulSetDependencies): Promise<Result | void> {
  const key = `${request.namespace}/${request.name}`;
  const expectations = [deps.podExpectations, deps.revisionExpectations, deps.setExpectations];
  const set = deps.sets.get(request.name, request.namespace);
  if (!set) {
    for (const each of expectations) each.forget(key);
    return undefined;
  }
  if (compiledSelector(set.spec.selector).isEverything || set.metadata.deletionTimestamp) return undefined;
  if (!expectations.every((each) => each.satisfied(key))) return undefined;
  const revisionDeps = { ...deps, onWrite: (each: ControllerRevision) => deps.revisionExpectations.wrote(key, each) };
  const all = await listRevisions(resources.statefulSets, set, revisionDeps);
  const { revision: update, collisionCount } = await ensureCurrent(
    resources.statefulSets,
    set,
    all,
    set.status?.collisionCount,
    revisionDeps,
  );
  const current = all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  const pods = await ownedPods(set, key, deps);
  const step = new SetStep(set, key, pods, current, update, collisionCount, deps);
  try {
    await step.run();
  } finally {
    await step.writeStatus();
  }
  const used = new Set([...pods.map(({ metadata }) => metadata.labels?.[REVISION_HASH]), current.metadata.name, update.metadata.name]);
  await trimRevisions(set, all, ({ metadata }) => used.has(metadata.name), deps.client);
  return { requeueAfter: nextAvailable(set, pods) };
}

async function ownedPods(set: StatefulSet, key: string, { client, pods, podExpectations }: StatefulSetDependencies): Promise<Pod[]> {
  const { uid, namespace } = set.metadata;
  return claim({
    client,
    ownerType: resources.statefulSets,
    owner: set,
    type: resources.pods,
    candidates: [...controlledBy(pods, uid), ...orphansIn(pods, namespace)],
    matches: (pod) => ordinalOf(set, pod) !== undefined && selects(set.spec.selector, pod.metadata.labels),
    onWrite: (pod) => podExpectations.wrote(key, pod),
  });
}

/** One step of one StatefulSet: from the lowest ordinal to the highest, and one thing at a time unless pods may be handled in parallel. */
class SetStep {
  readonly #set: StatefulSet;
  readonly #key: string;
  readonly #byOrdinal: Map<number, Pod>;
  readonly #current: ControllerRevision;
  readonly #update: ControllerRevision;
  readonly #collisionCount: number | undefined;
  readonly #deps: StatefulSetDependencies;
  readonly #now = Date.now();
  /** Revisions of pods made in this step. */
  readonly #created: string[] = [];

  constructor(
    set: StatefulSet,
    key: string,
    pods: readonly Pod[],
    current: ControllerRevision,
    update: ControllerRevision,
    collisionCount: number | undefined,
    deps: StatefulSetDependencies,
  ) {
    this.#set = set;
    this.#key = key;
    this.#byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod)!, pod]));
    this.#current = current;
    this.#update = update;
    this.#collisionCount = collisionCount;
    this.#deps = deps;
  }

  async run(): Promise<void> {
    if (await this.#fill()) return;
    if (await this.#shrink()) return;
    if (this.#set.spec.updateStrategy?.type !== 'OnDelete') await this.#replaceOld();
  }

  get #isMonotonic(): boolean {
    return this.#set.spec.podManagementPolicy !== 'Parallel';
  }

  get #wanted(): number[] {
    const start = firstOrdinal(this.#set);
    return Array.from({ length: this.#set.spec.replicas ?? 1 }, (_, index) => start + index);
  }

  get #condemned(): Pod[] {
    const wanted = new Set(this.#wanted);
    return [...this.#byOrdinal]
      .filter(([ordinal]) => !wanted.has(ordinal))
      .sort(([a], [b]) => b - a)
      .map(([, pod]) => pod);
  }

  /** Makes missing pods. Answers whether this step has to stop here. */
  async #fill(): Promise<boolean> {
    for (const ordinal of this.#wanted) {
      const pod = this.#byOrdinal.get(ordinal);
      if (!pod) await this.#create(ordinal);
      else if (isTerminal(pod) && !pod.metadata.deletionTimestamp) await this.#delete(pod);
      else await followRetention(this.#set, pod, false, this.#deps);
      const isSettled = pod !== undefined && !pod.metadata.deletionTimestamp && this.#isAvailable(pod);
      if (!isSettled && this.#isMonotonic) return true;
    }
    return false;
  }

  /** Takes away pods beyond the number of replicas, the highest first. Answers whether this step has to stop here. */
  async #shrink(): Promise<boolean> {
    const condemned = this.#condemned;
    for (const pod of condemned) {
      if (!pod.metadata.deletionTimestamp) {
        await followRetention(this.#set, pod, true, this.#deps);
        await this.#delete(pod);
      }
      if (this.#isMonotonic) return true;
    }
    return false;
  }

  /** Deletes pods of old revisions, the highest first, down to the partition, as many at a time as may be unavailable. */
  async #replaceOld(): Promise<void> {
    const { partition = 0, maxUnavailable } = this.#set.spec.updateStrategy?.rollingUpdate ?? {};
    const wanted = this.#wanted;
    const limit = maxUnavailable === undefined ? 1 : Math.max(1, scaledValue(maxUnavailable, wanted.length, 'up'));
    let unavailable = wanted.filter((ordinal) => {
      const pod = this.#byOrdinal.get(ordinal);
      return !pod || pod.metadata.deletionTimestamp !== undefined || !this.#isAvailable(pod);
    }).length;
    for (const ordinal of wanted.slice(partition).reverse()) {
      const pod = this.#byOrdinal.get(ordinal);
      const isOld = pod && pod.metadata.labels?.[REVISION_HASH] !== this.#update.metadata.name;
      if (!isOld || pod.metadata.deletionTimestamp) {
        if (unavailable >= limit && pod && !this.#isAvailable(pod)) return;
        continue;
      }
      // A pod that serves nobody can be replaced whatever the others do.
      const isUseful = this.#isAvailable(pod);
      if (isUseful && unavailable >= limit) return;
      await this.#delete(pod);
      if (isUseful) unavailable++;
      if (unavailable >= limit) return;
    }
  }

  async #create(ordinal: number): Promise<void> {
    await ensureClaims(this.#set, ordinal, this.#deps);
    const revision = this.#revisionFor(ordinal);
    const pod = podOf(this.#set, templateOf(revision), revision.metadata.name, ordinal);
    try {
      this.#deps.podExpectations.wrote(this.#key, await this.#deps.podControl.create(this.#set, pod));
      this.#created.push(revision.metadata.name);
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
  }

  /** Pods below the partition, or not reached by a rollout yet, are made as they were. */
  #revisionFor(ordinal: number): ControllerRevision {
    const { type, rollingUpdate } = this.#set.spec.updateStrategy ?? {};
    if (type === 'OnDelete') return this.#update;
    const kept = rollingUpdate?.partition ?? (rollingUpdate ? 0 : (this.#set.status?.currentReplicas ?? 0));
    return ordinal < firstOrdinal(this.#set) + kept ? this.#current : this.#update;
  }

  async #delete(pod: Pod): Promise<void> {
    await this.#deps.podControl.delete(this.#set, pod);
    this.#deps.podExpectations.deleted(this.#key, pod);
  }

  #isAvailable(pod: Pod): boolean {
    return isAvailable(pod, this.#set.spec.minReadySeconds ?? 0, this.#now);
  }

  async writeStatus(): Promise<void> {
    const status = this.#status();
    if (objectEqual(status, this.#set.status)) return;
    try {
      const written = await this.#deps.client.resource(resources.statefulSets).updateStatus({ ...this.#set, status });
      this.#deps.setExpectations.wrote(this.#key, written);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #status(): StatefulSetStatus {
    const pods = [...this.#byOrdinal.values()].filter((pod) => !isTerminal(pod));
    const alive = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
    const update = this.#update.metadata.name;
    let current = this.#current.metadata.name;
    const revisions = [...alive.map(({ metadata }) => metadata.labels?.[REVISION_HASH]), ...this.#created];
    const updated = revisions.filter((each) => each === update).length;
    const ready = pods.filter(isReady).length;
    const replicas = pods.length + this.#created.length;
    const wanted = this.#set.spec.replicas ?? 1;
    const isRolling = this.#set.spec.updateStrategy?.type !== 'OnDelete';
    // The rollout has ended: from now on its revision is the current one.
    if (isRolling && updated === replicas && replicas === wanted && ready === replicas) current = update;
    const ofCurrent = revisions.filter((each) => each === current).length;
    return {
      observedGeneration: this.#set.metadata.generation,
      replicas,
      readyReplicas: ready || undefined,
      availableReplicas: pods.filter((pod) => this.#isAvailable(pod)).length,
      currentReplicas: ofCurrent || undefined,
      updatedReplicas: updated || undefined,
      currentRevision: current,
      updateRevision: update,
      collisionCount: this.#collisionCount ?? 0,
      conditions: this.#set.status?.conditions,
    };
  }
}

function nextAvailable({ spec }: StatefulSet, pods: readonly Pod[]): number | undefined {
  if (!spec.minReadySeconds) return undefined;
  const now = Date.now();
  const waits = pods.map((pod) => untilAvailable(pod, spec.minReadySeconds!, now) ?? 0).filter((wait) => wait > 0);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}
