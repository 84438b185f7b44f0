export { FLOW_CONTROL_READS, FlowConfiguration } from './configuration.ts';
export { FlowControl, type FlowControlOptions } from './flow-control.ts';
export type { FlowHeaders, Leave } from './schema.ts';
export type { Arrival } from './waiting.ts';
