import type { Container, LifecycleHandler, SELinuxOptions } from '#api/generated/core-v1.ts';
import { containersOf } from '../../authz/pod-references.ts';
import { aboutContainers, containersWhere, hasUserNamespace, plural, podAndContainers, podContext, quote, type Check } from './subject.ts';

const DEFAULT_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);

const SELINUX_TYPES = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']);

const appArmorProfile: Check = (subject) => {
  const forbidden = (type: string | undefined): boolean => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const pod = forbidden(podContext(subject).appArmorProfile?.type);
  const containers = containersWhere(subject, (_, context) => forbidden(context.appArmorProfile?.type));
  const annotations = Object.entries(subject.metadata.annotations ?? {}).filter(
    ([name, value]) =>
      name.startsWith('container.apparmor.security.beta.kubernetes.io/') &&
      value !== '' &&
      value !== 'runtime/default' &&
      !value.startsWith('localhost/'),
  );
  const count = annotations.length + containers.length + (pod ? 1 : 0);
  if (count === 0) return undefined;
  const fields =
    pod || containers.length > 0 ? [`${podAndContainers(pod, containers)} must not set AppArmor profile type to "Unconfined"`] : [];
  const values = annotations.map(([name, value]) => `${name}=${JSON.stringify(value)}`).sort();
  return {
    reason: plural(count, 'forbidden AppArmor profile', 'forbidden AppArmor profiles'),
    detail: [...fields, ...(values.length > 0 ? [`${plural(values.length, 'annotation', 'annotations')} ${values.join(', ')}`] : [])].join(
      '; ',
    ),
  };
};

export const capabilitiesBaseline: Check = (subject) => {
  const added = new Set<string>();
  const containers = containersWhere(subject, (_, context) => {
    const odd = (context.capabilities?.add ?? []).filter((name) => !DEFAULT_CAPABILITIES.has(name));
    for (const name of odd) added.add(name);
    return odd.length > 0;
  });
  return aboutContainers(
    'non-default capabilities',
    containers,
    `must not include ${quote([...added].sort())} in securityContext.capabilities.add`,
  );
};

const hostNamespaces: Check = ({ spec }) => {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true);
  return used.length === 0 ? undefined : { reason: 'host namespaces', detail: used.map((field) => `${field}=true`).join(', ') };
};

export const hostPathVolumes: Check = ({ spec }) => {
  const names = (spec.volumes ?? []).filter((volume) => volume.hostPath !== undefined).map(({ name }) => name);
  return names.length === 0
    ? undefined
    : { reason: 'hostPath volumes', detail: `${plural(names.length, 'volume', 'volumes')} ${quote(names)}` };
};

const hostPorts: Check = (subject) => {
  const ports = new Set<number>();
  const containers = containersWhere(subject, (container) => {
    const own = (container.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [hostPort] : []));
    for (const port of own) ports.add(port);
    return own.length > 0;
  });
  if (containers.length === 0) return undefined;
  const verb = plural(containers.length, 'uses', 'use');
  const list = [...ports].map(String).sort().join(', ');
  return {
    reason: 'hostPort',
    detail: `${plural(containers.length, 'container', 'containers')} ${quote(containers)} ${verb} ${plural(ports.size, 'hostPort', 'hostPorts')} ${list}`,
  };
};

function hostsOf(container: Container): string[] {
  const handlers: (Pick<LifecycleHandler, 'httpGet' | 'tcpSocket'> | undefined)[] = [
    container.livenessProbe,
    container.readinessProbe,
    container.startupProbe,
    container.lifecycle?.postStart,
    container.lifecycle?.preStop,
  ];
  return handlers.flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host]).filter((host): host is string => !!host);
}

const hostProbes: Check = (subject) => {
  const hosts = new Set<string>();
  const containers = containersWhere(subject, (container) => {
    const own = hostsOf(container);
    for (const host of own) hosts.add(host);
    return own.length > 0;
  });
  return aboutContainers(
    'probe or lifecycle host',
    containers,
    `${plural(containers.length, 'uses', 'use')} probe or lifecycle ${plural(hosts.size, 'host', 'hosts')} ${quote([...hosts].sort())}`,
  );
};

const privileged: Check = (subject) =>
  aboutContainers(
    'privileged',
    containersWhere(subject, (_, context) => context.privileged === true),
    'must not set securityContext.privileged=true',
  );

const procMount: Check = (subject) => {
  if (hasUserNamespace(subject)) return undefined;
  const types = new Set<string>();
  const containers = containersWhere(subject, (_, { procMount: type }) => {
    if (type === undefined || type === 'Default') return false;
    types.add(type);
    return true;
  });
  return aboutContainers('procMount', containers, `must not set securityContext.procMount to ${quote([...types].sort())}`);
};

const seLinuxOptions: Check = (subject) => {
  const faults = new Set<string>();
  const types = new Set<string>();
  const odd = (options: SELinuxOptions | undefined): boolean => {
    if (options === undefined) return false;
    const before = faults.size + types.size;
    const found = !SELINUX_TYPES.has(options.type ?? '') || !!options.user || !!options.role;
    if (!SELINUX_TYPES.has(options.type ?? '')) types.add(options.type ?? '');
    if (options.user) faults.add('user may not be set');
    if (options.role) faults.add('role may not be set');
    return found || faults.size + types.size > before;
  };
  const pod = odd(podContext(subject).seLinuxOptions);
  const containers = containersWhere(subject, (_, context) => odd(context.seLinuxOptions));
  if (!pod && containers.length === 0) return undefined;
  const details = [
    ...(types.size > 0 ? [`${plural(types.size, 'type', 'types')} ${quote([...types].sort())}`] : []),
    ...['user may not be set', 'role may not be set'].filter((fault) => faults.has(fault)),
  ];
  return {
    reason: 'seLinuxOptions',
    detail: `${podAndContainers(pod, containers)} set forbidden securityContext.seLinuxOptions: ${details.join('; ')}`,
  };
};

export const seccompBaseline: Check = (subject) => {
  const forbidden = (type: string | undefined): boolean => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const pod = forbidden(podContext(subject).seccompProfile?.type);
  const containers = containersWhere(subject, (_, context) => forbidden(context.seccompProfile?.type));
  if (!pod && containers.length === 0) return undefined;
  const types = new Set(
    [podContext(subject), ...containersOf(subject.spec).map(({ securityContext }) => securityContext ?? {})].flatMap(({ seccompProfile }) =>
      forbidden(seccompProfile?.type) ? [seccompProfile?.type ?? ''] : [],
    ),
  );
  return {
    reason: 'seccompProfile',
    detail: `${podAndContainers(pod, containers)} must not set securityContext.seccompProfile.type to ${quote([...types].sort())}`,
  };
};

const sysctls: Check = (subject) => {
  const names = (podContext(subject).sysctls ?? []).map(({ name }) => name).filter((name) => !SAFE_SYSCTLS.has(name));
  return names.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: names.join(', ') };
};

const windowsHostProcess: Check = (subject) => {
  const pod = podContext(subject).windowsOptions?.hostProcess === true;
  const containers = containersWhere(subject, (_, context) => context.windowsOptions?.hostProcess === true);
  if (!pod && containers.length === 0) return undefined;
  return {
    reason: 'hostProcess',
    detail: `${podAndContainers(pod, containers)} must not set securityContext.windowsOptions.hostProcess=true`,
  };
};

/** The checks of the level `baseline`, in the order in which they are reported. */
export const BASELINE: readonly Check[] = [
  appArmorProfile,
  capabilitiesBaseline,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinuxOptions,
  seccompBaseline,
  sysctls,
  windowsHostProcess,
];
