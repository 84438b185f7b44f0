export { removeRules } from './iptables/index.ts';
export { startKubeProxy, type KubeProxy } from './kube-proxy.ts';
export type { KubeProxyOptions } from './options.ts';
export { runCommand, type CommandResult, type RunCommand } from './run-command.ts';
export type { SysctlAccess } from './sysctls.ts';
