export type { PodContext } from './pod-context.ts';
export { findContainer, isStaticPod } from './pod-containers.ts';
export { PodWorker } from './pod-worker.ts';
export { PodWorkers } from './pod-workers.ts';
export { StaticPods } from './static-pods.ts';
