import type { Container, Pod, SeccompProfile } from '#api/generated/core-v1.ts';
import type { ContainerSecurityContext, Image, NamespaceOption, SandboxSecurityContext, SecurityProfile } from '../cri/index.ts';
import { podContainers, podText } from '../pods/pod-containers.ts';

const MASKED_PATHS = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** What the node lets containers use. */
export interface SecuritySupport {
  /** Directory of seccomp profiles of type Localhost. */
  seccompDirectory: string;
  appArmor: boolean;
}

function namespaceOptions(pod: Pod, targetId?: string): NamespaceOption {
  const { hostNetwork, hostIPC, hostPID, shareProcessNamespace } = pod.spec;
  const ownPid = shareProcessNamespace === true ? 'POD' : 'CONTAINER';
  const options: NamespaceOption = {
    network: hostNetwork === true ? 'NODE' : 'POD',
    ipc: hostIPC === true ? 'NODE' : 'POD',
    pid: hostPID === true ? 'NODE' : ownPid,
  };
  return targetId === undefined ? options : { ...options, pid: 'TARGET', targetId };
}

function seccomp(profile: SeccompProfile | undefined, support: SecuritySupport): SecurityProfile {
  switch (profile?.type) {
    case 'RuntimeDefault':
      return { profileType: 'RuntimeDefault' };
    case 'Localhost':
      return { profileType: 'Localhost', localhostRef: `${support.seccompDirectory}/${profile.localhostProfile ?? ''}` };
    default:
      return { profileType: 'Unconfined' };
  }
}

function appArmor(pod: Pod, container: Container, support: SecuritySupport): SecurityProfile | undefined {
  const profile = container.securityContext?.appArmorProfile ?? pod.spec.securityContext?.appArmorProfile;
  if (profile === undefined || !support.appArmor) return undefined;
  if (profile.type === 'Localhost') return { profileType: 'Localhost', localhostRef: profile.localhostProfile };
  return { profileType: profile.type === 'Unconfined' ? 'Unconfined' : 'RuntimeDefault' };
}

/** Throws the text of CreateContainerConfigError when the container would run as root although it must not. */
export function checkNonRoot(pod: Pod, container: Container, image: Image): void {
  const own = container.securityContext;
  const nonRoot = own?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot;
  if (nonRoot !== true) return;
  const user = own?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  const where = `(pod: "${podText(pod)}", container: ${container.name})`;
  if (user === 0) throw new Error(`container's runAsUser breaks non-root policy ${where}`);
  if (user !== undefined) return;
  if (image.uid?.value === 0 || (image.uid === null && image.username === ''))
    throw new Error(`container has runAsNonRoot and image will run as root ${where}`);
  if (image.uid === null)
    throw new Error(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`,
    );
}

function supplementalGroups(pod: Pod): number[] {
  const { supplementalGroups: groups = [], fsGroup } = pod.spec.securityContext ?? {};
  return fsGroup === undefined ? groups : [...groups, fsGroup];
}

export function containerSecurityContext(
  pod: Pod,
  container: Container,
  image: Image,
  support: SecuritySupport,
  targetId?: string,
): ContainerSecurityContext {
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const user = own.runAsUser ?? shared.runAsUser ?? image.uid?.value;
  const group = own.runAsGroup ?? shared.runAsGroup;
  const unmasked = own.procMount === 'Unmasked';
  return {
    privileged: own.privileged === true,
    readonlyRootfs: own.readOnlyRootFilesystem === true,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    namespaceOptions: namespaceOptions(pod, targetId),
    capabilities:
      own.capabilities === undefined
        ? undefined
        : { addCapabilities: own.capabilities.add ?? [], dropCapabilities: own.capabilities.drop ?? [] },
    runAsUser: user === undefined ? undefined : { value: user },
    runAsUsername: user === undefined && image.username !== '' ? image.username : undefined,
    runAsGroup: group === undefined ? undefined : { value: group },
    supplementalGroups: supplementalGroups(pod),
    maskedPaths: unmasked ? [] : MASKED_PATHS,
    readonlyPaths: unmasked ? [] : READONLY_PATHS,
    seccomp: seccomp(own.seccompProfile ?? shared.seccompProfile, support),
    apparmor: appArmor(pod, container, support),
  };
}

export function sandboxSecurityContext(pod: Pod): SandboxSecurityContext {
  const { runAsUser, runAsGroup } = pod.spec.securityContext ?? {};
  return {
    namespaceOptions: namespaceOptions(pod),
    privileged: [...podContainers(pod)].some(({ container }) => container.securityContext?.privileged === true),
    runAsUser: runAsUser === undefined ? undefined : { value: runAsUser },
    // A group without a user is not allowed.
    runAsGroup: runAsUser === undefined || runAsGroup === undefined ? undefined : { value: runAsGroup },
    supplementalGroups: supplementalGroups(pod),
    seccomp: { profileType: 'RuntimeDefault' },
  };
}
