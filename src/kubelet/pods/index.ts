export type { PodContext } from './pod-context.ts';
export { containerFieldPath, findContainer, isStaticPod, podContainers } from './pod-containers.ts';
export { PodWorker } from './pod-worker.ts';
export { PodWorkers } from './pod-workers.ts';
export { StaticPods, staticPod } from './static-pods.ts';
