export { machineInfo, systemInfo, type MachineInfo } from './machine-info.ts';
export { NodeReporter } from './node-reporter.ts';
export { nodeAllocatable, type NodeStatusSource } from './node-status.ts';
