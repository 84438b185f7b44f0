export {
  containerdPaths,
  detectMachine,
  startContainerd,
  type Containerd,
  type ContainerdOptions,
  type ContainerdPaths,
  type MachineFacts,
} from './containerd/index.ts';
export {
  connectContainerRuntime,
  SimulatedRuntime,
  type ContainerRuntime,
  type SimulatedBehaviour,
  type SimulatedOptions,
} from './cri/index.ts';
export type { ImageProvider } from './images/index.ts';
export { startKubelet, type Kubelet } from './kubelet.ts';
export type { KubeletOptions, KubeletServerOptions } from './options.ts';
export type { StreamingBridge } from './server/index.ts';
export { removeKubeletRemains } from './remains.ts';
