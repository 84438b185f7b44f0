import type { Deployment, ReplicaSet } from '#api/generated/apps-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';
import { controllerOf } from '#apimachinery';
import { keyOf, resources, runController, WorkQueue, type Informer, type Request, type Result } from '#client';
import type { ControllerContext } from '../context.ts';
import { Expectations } from '../expectations.ts';
import { controlledBy, indexByController, orphansIn } from '../indexes.ts';
import { controllerIn, enqueueOwners, enqueueSelf } from '../owner-queue.ts';
import { claim } from '../ownership.ts';
import { compiledSelector, selects } from '../selector.ts';
import { Rollout, type RolloutDependencies } from './rollout.ts';
import { isRollingUpdate } from './replica-sets.ts';
import { deadlineCheckAfter } from './status.ts';

/** Rolls out Deployments: a ReplicaSet for each template, grown and shrunk within the limits of the strategy. */
export async function startDeploymentController(context: ControllerContext): Promise<void> {
  const { client, informers, signal } = context;
  const deployments = informers.get(resources.deployments);
  const replicaSets = informers.get(resources.replicaSets);
  const pods = informers.get(resources.pods);
  indexByController(replicaSets);
  indexByController(pods);
  const queue = new WorkQueue(signal);
  const expectations = new Expectations(replicaSets);
  const ownWrites = new Expectations(deployments);
  deployments.addHandlers(enqueueSelf(queue));
  replicaSets.addHandlers(
    enqueueOwners<Deployment, ReplicaSet>({
      queue,
      owned: replicaSets,
      owners: deployments,
      candidates: (orphan) => adopters(deployments, orphan),
    }),
  );
  pods.addHandlers({
    // `Recreate` waits for the last old pod.
    delete(pod) {
      const replicaSet = controllerIn(replicaSets, pod);
      const deployment = replicaSet && controllerIn(deployments, replicaSet);
      if (deployment && !isRollingUpdate(deployment)) queue.add(keyOf(deployment));
    },
    update(pod, old) {
      if (pod.status?.phase === old.status?.phase) return;
      const replicaSet = controllerIn(replicaSets, pod);
      const deployment = replicaSet && controllerIn(deployments, replicaSet);
      if (deployment && !isRollingUpdate(deployment)) queue.add(keyOf(deployment));
    },
  });
  const recorder = context.recorder('deployment-controller');
  const podsOf = (each: ReplicaSet): Iterable<Pod> => controlledBy(pods, each.metadata.uid);
  const deps = { client, recorder, deployments, replicaSets, expectations, ownWrites, podsOf };
  await runController({
    name: 'deployment',
    queue,
    signal,
    informers: [deployments, replicaSets, pods],
    reconcile: (request) => reconcileDeployment(request, deps),
  });
}

interface Dependencies extends Omit<RolloutDependencies, 'onWrite' | 'onDeploymentWrite'> {
  deployments: Informer<Deployment>;
  replicaSets: Informer<ReplicaSet>;
  expectations: Expectations<ReplicaSet>;
  ownWrites: Expectations<Deployment>;
}

async function reconcileDeployment(request: Request, deps: Dependencies): Promise<Result | void> {
  const { expectations, ownWrites } = deps;
  const key = `${request.namespace}/${request.name}`;
  const deployment = deps.deployments.get(request.name, request.namespace);
  if (!deployment) {
    expectations.forget(key);
    return ownWrites.forget(key);
  }
  // What was written last does not show yet: its events bring us here again.
  if (!expectations.satisfied(key) || !ownWrites.satisfied(key)) return undefined;
  if (compiledSelector(deployment.spec.selector).isEverything) {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.';
    return deps.recorder.event(resources.deployments, deployment, 'Warning', 'SelectingAll', message);
  }
  const onWrite = (replicaSet: ReplicaSet): void => expectations.wrote(key, replicaSet);
  const onDeploymentWrite = (written: Deployment): void => ownWrites.wrote(key, written);
  const rollout = new Rollout(deployment, await claimReplicaSets(deployment, deps, onWrite), { ...deps, onWrite, onDeploymentWrite });
  await step(rollout);
  const after = rollout.deployment;
  return { requeueAfter: deadlineCheckAfter(after, after.status ?? {}) };
}

async function step(rollout: Rollout): Promise<void> {
  const { metadata, spec } = rollout.deployment;
  if (metadata.deletionTimestamp) return rollout.statusOnly();
  await rollout.notePause();
  if (spec.paused || rollout.isScaling) return rollout.scaleOnly();
  return isRollingUpdate(rollout.deployment) ? rollout.rollingUpdate() : rollout.recreate();
}

function claimReplicaSets(deployment: Deployment, deps: Dependencies, onWrite: (replicaSet: ReplicaSet) => void): Promise<ReplicaSet[]> {
  const { replicaSets, client } = deps;
  const { uid, namespace } = deployment.metadata;
  return claim({
    client,
    ownerType: resources.deployments,
    owner: deployment,
    type: resources.replicaSets,
    candidates: [...controlledBy(replicaSets, uid), ...orphansIn(replicaSets, namespace)],
    matches: (replicaSet) => selects(deployment.spec.selector, replicaSet.metadata.labels),
    onWrite,
  });
}

function adopters(deployments: Informer<Deployment>, orphan: ReplicaSet): Deployment[] {
  if (controllerOf(orphan)) return [];
  return deployments.list(orphan.metadata.namespace).filter((each) => selects(each.spec.selector, orphan.metadata.labels));
}
