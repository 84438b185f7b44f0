import type { Container, EphemeralContainer, HTTPGetAction, LifecycleHandler, Probe } from '../../generated/core-v1.ts';

/** Fills in a container of any sort. */
export function defaultContainer(container: Container | EphemeralContainer): void {
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  container.imagePullPolicy ||= pullPolicyFor(container.image);
  container.resources ??= {};
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1';
    if (valueFrom?.resourceFieldRef) valueFrom.resourceFieldRef.divisor ??= '0';
    if (valueFrom?.fileKeyRef) valueFrom.fileKeyRef.optional ??= false;
  }
  if (container.livenessProbe) defaultProbe(container.livenessProbe);
  if (container.readinessProbe) defaultProbe(container.readinessProbe);
  if (container.startupProbe) defaultProbe(container.startupProbe);
  if (container.lifecycle?.postStart) defaultHandler(container.lifecycle.postStart);
  if (container.lifecycle?.preStop) defaultHandler(container.lifecycle.preStop);
}

/** A container that limits a resource and requests none of it requests what it is limited to. */
export function defaultRequestsFromLimits(container: Container): void {
  const limits = container.resources?.limits;
  if (limits === undefined || container.resources === undefined) return;
  const requests = (container.resources.requests ??= {});
  for (const name in limits) requests[name] ??= limits[name]!;
}

/** An image that may mean another one tomorrow (`latest`, or no tag and no digest) is pulled every time. */
export function pullPolicyFor(image: string | undefined): 'Always' | 'IfNotPresent' {
  return tagOf(image ?? '') === 'latest' ? 'Always' : 'IfNotPresent';
}

function tagOf(image: string): string {
  if (image === '') return '';
  const at = image.indexOf('@');
  const name = at < 0 ? image : image.slice(0, at);
  const colon = name.lastIndexOf(':');
  // A colon before the last slash belongs to the registry's port.
  if (colon > name.lastIndexOf('/')) return name.slice(colon + 1);
  return at < 0 ? 'latest' : '';
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet) defaultHttpGet(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= '';
}

function defaultHandler(handler: LifecycleHandler): void {
  if (handler.httpGet) defaultHttpGet(handler.httpGet);
}

function defaultHttpGet(action: HTTPGetAction): void {
  action.path ||= '/';
  action.scheme ||= 'HTTP';
}
