import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  isGroupId,
  isUserId,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { AppArmorProfile, PodSecurityContext, PodSpec, SeccompProfile, SecurityContext, Sysctl } from '../../generated/core-v1.ts';
import { validateLocalPath } from './validate-paths.ts';

const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const SYSCTL = /^([a-z0-9][-_a-z0-9]*)?[a-z0-9]([./]([a-z0-9][-_a-z0-9]*)?[a-z0-9])*$/;
const SYSCTL_TEXT =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';

/** Checks a container's rights. */
export function validateContainerSecurity(context: SecurityContext, spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  validateIds(context, path, errors);
  validateProfiles(context, path, errors);
  const { procMount } = context;
  if (procMount !== undefined && procMount !== 'Default' && procMount !== 'Unmasked') {
    errors.push(fieldNotSupported(path.child('procMount'), procMount, ['Default', 'Unmasked']));
  }
  if (procMount === 'Unmasked' && spec.hostUsers !== false) {
    errors.push(fieldInvalid(path.child('procMount'), procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  if (context.allowPrivilegeEscalation !== false) return;
  if (context.privileged) {
    errors.push(fieldInvalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
  }
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    errors.push(fieldInvalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
  }
}

/** What a pod with users of its own cannot share, and how the API spells it in errors. */
const SHARED_WITH_HOST = [
  ['hostNetwork', 'hostNetwork'],
  ['hostPID', 'HostPID'],
  ['hostIPC', 'HostIPC'],
] as const;

/** Checks a pod's rights and what it shares with its host. */
export function validatePodSecurity(spec: PodSpec, specPath: FieldPath, errors: FieldError[]): void {
  if (spec.shareProcessNamespace && spec.hostPID) {
    const at = specPath.child('securityContext', 'shareProcessNamespace');
    errors.push(fieldInvalid(at, true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  }
  if (spec.hostUsers === false) {
    for (const [field, shown] of SHARED_WITH_HOST) {
      if (spec[field]) errors.push(fieldForbidden(specPath.child(shown), 'when `pod.Spec.HostUsers` is false'));
    }
  }
  const context = spec.securityContext;
  if (!context) return;
  const path = specPath.child('securityContext');
  validateIds(context, path, errors);
  validateGroups(context, path, errors);
  validateProfiles(context, path, errors);
  if (context.sysctls) validateSysctls(context.sysctls, spec, path.child('sysctls'), errors);
}

function validateIds({ runAsUser, runAsGroup }: SecurityContext | PodSecurityContext, path: FieldPath, errors: FieldError[]): void {
  if (runAsUser !== undefined) for (const text of isUserId(runAsUser)) errors.push(fieldInvalid(path.child('runAsUser'), runAsUser, text));
  if (runAsGroup !== undefined)
    for (const text of isGroupId(runAsGroup)) errors.push(fieldInvalid(path.child('runAsGroup'), runAsGroup, text));
}

function validateGroups(context: PodSecurityContext, path: FieldPath, errors: FieldError[]): void {
  const { fsGroup, supplementalGroups } = context;
  if (fsGroup !== undefined) for (const text of isGroupId(fsGroup)) errors.push(fieldInvalid(path.child('fsGroup'), fsGroup, text));
  supplementalGroups?.forEach((group, index) => {
    for (const text of isGroupId(group)) errors.push(fieldInvalid(path.child('supplementalGroups').index(index), group, text));
  });
  for (const [field, supported] of GROUP_CHOICES) {
    const value = context[field];
    if (value !== undefined && !supported.includes(value)) errors.push(fieldNotSupported(path.child(field), value, supported));
  }
}

type GroupChoice = 'fsGroupChangePolicy' | 'supplementalGroupsPolicy' | 'seLinuxChangePolicy';

const GROUP_CHOICES: readonly (readonly [GroupChoice, readonly string[]])[] = [
  ['fsGroupChangePolicy', ['Always', 'OnRootMismatch']],
  ['supplementalGroupsPolicy', ['Merge', 'Strict']],
  ['seLinuxChangePolicy', ['MountOption', 'Recursive']],
];

function validateProfiles(context: SecurityContext | PodSecurityContext, path: FieldPath, errors: FieldError[]): void {
  if (context.seccompProfile) validateProfile(context.seccompProfile, 'seccomp', path.child('seccompProfile'), errors);
  if (context.appArmorProfile) validateProfile(context.appArmorProfile, 'AppArmor', path.child('appArmorProfile'), errors);
}

function validateProfile(
  profile: SeccompProfile | AppArmorProfile,
  of: 'seccomp' | 'AppArmor',
  path: FieldPath,
  errors: FieldError[],
): void {
  const { type, localhostProfile } = profile;
  const at = path.child('localhostProfile');
  const field = of === 'AppArmor' ? 'appArmorProfile' : 'seccompProfile';
  if (!type) errors.push(fieldRequired(path.child('type'), `type is required when ${field} is set`));
  else if (!PROFILES.includes(type)) errors.push(fieldNotSupported(path.child('type'), type, PROFILES));
  if (type !== 'Localhost') {
    if (localhostProfile !== undefined) errors.push(fieldInvalid(at, localhostProfile, `can only be set when ${of} type is Localhost`));
  } else if (localhostProfile === undefined) errors.push(fieldRequired(at, `must be set when ${of} type is Localhost`));
  else if (of === 'seccomp') validateLocalPath(localhostProfile, at, errors);
  else if (localhostProfile === '') errors.push(fieldRequired(at, `must be set when ${of} type is Localhost`));
  else if (localhostProfile !== localhostProfile.trim())
    errors.push(fieldInvalid(at, localhostProfile, 'must not be padded with whitespace'));
}

function validateSysctls(sysctls: readonly Sysctl[], spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const names = new Set<string>();
  sysctls.forEach(({ name }, index) => {
    const at = path.index(index).child('name');
    if (!name) errors.push(fieldRequired(at));
    else if (name.length > 253 || !SYSCTL.test(name)) errors.push(fieldInvalid(at, name, SYSCTL_TEXT));
    else if (names.has(name)) errors.push(fieldDuplicate(at, name));
    else if (spec.hostNetwork && name.replaceAll('/', '.').startsWith('net.')) {
      errors.push(fieldInvalid(at, name, "may not be specified when 'hostNetwork' is true"));
    } else if (spec.hostIPC && IPC_SYSCTL.test(name.replaceAll('/', '.'))) {
      errors.push(fieldInvalid(at, name, "may not be specified when 'hostIPC' is true"));
    }
    names.add(name);
  });
}

const IPC_SYSCTL = /^(kernel\.(shm|msg)|kernel\.sem$|fs\.mqueue\.)/;
