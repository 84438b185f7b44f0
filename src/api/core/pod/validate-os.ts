import { fieldForbidden, type FieldError, type FieldPath } from '#apimachinery';
import type { PodSecurityContext, PodSpec, SecurityContext } from '../../generated/core-v1.ts';

const NOT_WINDOWS = 'cannot be set for a windows pod';
const LINUX_SPEC = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const;
const LINUX_POD_CONTEXT = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const satisfies readonly (keyof PodSecurityContext)[];
const LINUX_CONTAINER_CONTEXT = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const satisfies readonly (keyof SecurityContext)[];

/** What only Windows has may not be set for a pod that is declared to be for Linux. */
export function validateLinux(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const text = 'windows options cannot be set for a linux pod';
  if (spec.securityContext?.windowsOptions) errors.push(fieldForbidden(path.child('securityContext', 'windowsOptions'), text));
  forEachContext(spec, path, (context, at) => {
    if (context.windowsOptions) errors.push(fieldForbidden(at.child('windowsOptions'), text));
  });
}

/** What only Linux has may not be set for a pod that is declared to be for Windows. */
export function validateWindows(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  for (const field of LINUX_SPEC) {
    if (spec[field] !== undefined) errors.push(fieldForbidden(path.child(field), NOT_WINDOWS));
  }
  for (const field of LINUX_POD_CONTEXT) {
    if (spec.securityContext?.[field] !== undefined) errors.push(fieldForbidden(path.child('securityContext', field), NOT_WINDOWS));
  }
  forEachContext(spec, path, (context, at) => {
    for (const field of LINUX_CONTAINER_CONTEXT) {
      if (context[field] !== undefined) errors.push(fieldForbidden(at.child(field), NOT_WINDOWS));
    }
  });
}

function forEachContext(spec: PodSpec, path: FieldPath, visit: (context: SecurityContext, path: FieldPath) => void): void {
  for (const field of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    spec[field]?.forEach(({ securityContext }, index) => {
      if (securityContext) visit(securityContext, path.child(field).index(index).child('securityContext'));
    });
  }
}
