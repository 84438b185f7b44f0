export type { ContainerKnowledge } from './container-statuses.ts';
export { podStatus } from './pod-status.ts';
export { StatusWriter } from './status-writer.ts';
