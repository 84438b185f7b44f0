export { PodCgroups } from './cgroups.ts';
export { containerConfig } from './container-config.ts';
export { lacksClusterDns } from './dns.ts';
export { writeHostsFile } from './hosts-file.ts';
export { ANNOTATIONS, containerHash, LABELS } from './labels.ts';
export { podLogDirectory } from './log-directory.ts';
export { computeQosClass } from './qos.ts';
export { sandboxConfig, type SandboxSettings } from './sandbox-config.ts';
export type { SecuritySupport } from './security-context.ts';
