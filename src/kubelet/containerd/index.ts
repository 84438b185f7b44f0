export { containerdPaths, type ContainerdPaths } from './config.ts';
export { detectMachine, type CgroupDriver, type MachineFacts } from './machine.ts';
export { startContainerd, type Containerd, type ContainerdOptions } from './supervisor.ts';
