import type { Volume } from '#api/generated/core-v1.ts';
import { BASELINE, capabilitiesBaseline, hostPathVolumes, seccompBaseline } from './baseline.ts';
import {
  aboutContainers,
  containerList,
  containersWhere,
  hasUserNamespace,
  isWindows,
  plural,
  podAndContainers,
  podContext,
  quote,
  type Check,
} from './subject.ts';

const ALLOWED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

const allowPrivilegeEscalation: Check = (subject) => {
  if (isWindows(subject)) return undefined;
  const containers = containersWhere(subject, (_, context) => context.allowPrivilegeEscalation !== false);
  return aboutContainers('allowPrivilegeEscalation != false', containers, 'must set securityContext.allowPrivilegeEscalation=false');
};

const capabilitiesRestricted: Check = (subject) => {
  if (isWindows(subject)) return undefined;
  const added = new Set<string>();
  const undropped = containersWhere(subject, (_, { capabilities }) => !(capabilities?.drop ?? []).includes('ALL'));
  const adding = containersWhere(subject, (_, { capabilities }) => {
    const odd = (capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
    for (const name of odd) added.add(name);
    return odd.length > 0;
  });
  if (undropped.length === 0 && adding.length === 0) return undefined;
  const details = [
    ...(undropped.length > 0 ? [`${containerList(undropped)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0
      ? [`${containerList(adding)} must not include ${quote([...added].sort())} in securityContext.capabilities.add`]
      : []),
  ];
  return { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

function volumeType(volume: Volume): string {
  return (
    Object.keys(volume).find((field) => field !== 'name' && (volume as unknown as Record<string, unknown>)[field] !== undefined) ??
    'unknown'
  );
}

const restrictedVolumes: Check = ({ spec }) => {
  const odd = (spec.volumes ?? []).filter((volume) => !ALLOWED_VOLUMES.has(volumeType(volume)));
  if (odd.length === 0) return undefined;
  const types = [...new Set(odd.map(volumeType))].sort();
  const names = odd.map(({ name }) => name);
  return {
    reason: 'restricted volume types',
    detail: `${plural(names.length, 'volume', 'volumes')} ${quote(names)} ${plural(names.length, 'uses', 'use')} restricted volume ${plural(types.length, 'type', 'types')} ${quote(types)}`,
  };
};

const runAsNonRoot: Check = (subject) => {
  if (hasUserNamespace(subject)) return undefined;
  const pod = podContext(subject).runAsNonRoot;
  const reason = 'runAsNonRoot != true';
  const bad = containersWhere(subject, (_, context) => context.runAsNonRoot === false);
  if (bad.length > 0 || pod === false) {
    return { reason, detail: `${podAndContainers(pod === false, bad)} must not set securityContext.runAsNonRoot=false` };
  }
  const implicit = pod === true ? [] : containersWhere(subject, (_, context) => context.runAsNonRoot === undefined);
  if (implicit.length === 0) return undefined;
  return { reason, detail: `pod or ${containerList(implicit)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: Check = (subject) => {
  if (hasUserNamespace(subject)) return undefined;
  const pod = podContext(subject).runAsUser === 0;
  const containers = containersWhere(subject, (_, context) => context.runAsUser === 0);
  if (!pod && containers.length === 0) return undefined;
  return { reason: 'runAsUser=0', detail: `${podAndContainers(pod, containers)} must not set runAsUser=0` };
};

const seccompRestricted: Check = (subject) => {
  if (isWindows(subject)) return undefined;
  const unconfined = seccompBaseline(subject);
  if (unconfined !== undefined) return unconfined;
  const implicit =
    podContext(subject).seccompProfile === undefined ? containersWhere(subject, (_, context) => context.seccompProfile === undefined) : [];
  if (implicit.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${containerList(implicit)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};

const OVERRIDDEN: ReadonlySet<Check> = new Set([capabilitiesBaseline, hostPathVolumes, seccompBaseline]);

/** The checks of the level `restricted`: those of `baseline` but where a stricter one says the same, then its own. */
export const RESTRICTED: readonly Check[] = [
  ...BASELINE.filter((check) => !OVERRIDDEN.has(check)),
  allowPrivilegeEscalation,
  capabilitiesRestricted,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompRestricted,
];
