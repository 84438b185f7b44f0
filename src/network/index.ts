export { cniLeftovers, hostPortLeftovers, removePodNetwork } from './bridge.ts';
export { CNI_CONFIG_NAME, cniConfig, writeCniConfig, type CniOptions } from './cni-config.ts';
export { applySysctls, restoreSysctls, type SysctlChange } from './sysctls.ts';
