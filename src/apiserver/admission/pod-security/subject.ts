import type { Container, PodSpec, PodSecurityContext, SecurityContext } from '#api/generated/core-v1.ts';
import { containersOf } from '../../authz/pod-references.ts';
import type { ObjectMeta } from '#apimachinery';

/** What the checks look at: a pod, or the template of one. */
export interface Subject {
  metadata: Partial<ObjectMeta>;
  spec: PodSpec;
}

/** What a check found: `reason (detail)`. */
export interface Finding {
  reason: string;
  detail: string;
}

/** A rule of the Pod Security Standards; undefined: it is obeyed. */
export type Check = (subject: Subject) => Finding | undefined;

export const quote = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');

export function plural(count: number, one: string, many: string): string {
  return count === 1 ? one : many;
}

/** `container "a"`, or `containers "a", "b"`. */
export function containerList(names: readonly string[]): string {
  return `${plural(names.length, 'container', 'containers')} ${quote(names)}`;
}

/** Names of the containers for which the test holds, of all three sorts. */
export function containersWhere({ spec }: Subject, test: (container: Container, context: SecurityContext) => boolean): string[] {
  return containersOf(spec)
    .filter((container) => test(container, container.securityContext ?? {}))
    .map((container) => container.name);
}

export function podContext({ spec }: Subject): PodSecurityContext {
  return spec.securityContext ?? {};
}

/** A finding about containers alone: `<containers> <must …>`. */
export function aboutContainers(reason: string, names: readonly string[], must: string): Finding | undefined {
  return names.length === 0 ? undefined : { reason, detail: `${containerList(names)} ${must}` };
}

/** `pod`, `container "a"`, or `pod and container "a"`. */
export function podAndContainers(pod: boolean, names: readonly string[]): string {
  return [...(pod ? ['pod'] : []), ...(names.length > 0 ? [containerList(names)] : [])].join(' and ');
}

/** Pods of Windows have none of Linux' means of protection. */
export function isWindows({ spec }: Subject): boolean {
  return spec.os?.name === 'windows';
}

/** With user namespaces root in the pod is nobody outside. */
export function hasUserNamespace({ spec }: Subject): boolean {
  return spec.hostUsers === false;
}
