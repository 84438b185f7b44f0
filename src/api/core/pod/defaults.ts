import type { Pod, PodSpec, PodTemplateSpec } from '../../generated/core-v1.ts';
import { defaultContainer, defaultRequestsFromLimits } from './container-defaults.ts';
import { defaultPodRequests } from './pod-resources.ts';
import { defaultVolume } from './volume-defaults.ts';

/** Fills in a Pod: all that a template gets, and what only an actual pod needs. */
export function defaultPod(pod: Pod): void {
  const spec = (pod.spec ??= { containers: [] });
  defaultPodSpec(spec);
  spec.enableServiceLinks ??= true;
  for (const container of spec.containers ?? []) defaultRequestsFromLimits(container);
  for (const container of spec.initContainers ?? []) defaultRequestsFromLimits(container);
  if (spec.resources) defaultPodRequests(spec);
  if (spec.hostNetwork) defaultHostPorts(spec);
}

/** Fills in the template of a workload. */
export function defaultPodTemplate(template: PodTemplateSpec): void {
  template.metadata ??= {} as PodTemplateSpec['metadata'];
  defaultPodSpec((template.spec ??= { containers: [] }));
}

/** Fills in what pods and pod templates have in common. */
function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ||= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ||= 'default-scheduler';
  syncServiceAccount(spec);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are served, the new one counts. */
export function syncServiceAccount(spec: PodSpec): void {
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
}

/** On the host's network, the port of the container is the port of the host. */
function defaultHostPorts(spec: PodSpec): void {
  for (const containers of [spec.containers, spec.initContainers]) {
    for (const container of containers ?? []) {
      for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
    }
  }
}
