import { detectMachine } from './containerd/index.ts';
import { PodCgroups } from './containers/index.ts';
import { unmountBelow } from './mounts.ts';

/** Undoes what a kubelet that is no longer running did to the machine. The runtime's pods must have been removed. */
export async function removeKubeletRemains(directory: string, cgroupRoot = '/'): Promise<void> {
  await unmountBelow(directory);
  const machine = detectMachine();
  await new PodCgroups({ root: cgroupRoot, driver: machine.cgroupDriver, version: machine.cgroupVersion }).removeAll();
}
