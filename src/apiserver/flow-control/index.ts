export { FLOW_CONTROL_READS, FlowConfiguration } from './configuration.ts';
export { FlowControl, type Arrival, type FlowControlOptions } from './flow-control.ts';
export type { FlowHeaders, Leave } from './schema.ts';
