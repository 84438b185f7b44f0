/** How upstream ranks its own groups: kinds that several groups have are taken from the one that ranks highest. */
const GROUPS: Readonly<Record<string, number>> = {
  '': 18000,
  apps: 17800,
  'events.k8s.io': 17750,
  'authentication.k8s.io': 17700,
  'authorization.k8s.io': 17600,
  autoscaling: 17500,
  batch: 17400,
  'certificates.k8s.io': 17300,
  'networking.k8s.io': 17200,
  policy: 17100,
  'rbac.authorization.k8s.io': 17000,
  'storage.k8s.io': 16800,
  'apiextensions.k8s.io': 16700,
  'admissionregistration.k8s.io': 16700,
  'scheduling.k8s.io': 16600,
  'coordination.k8s.io': 16500,
  'node.k8s.io': 16300,
  'discovery.k8s.io': 16200,
  'flowcontrol.apiserver.k8s.io': 16100,
  'internal.apiserver.k8s.io': 16000,
  'resource.k8s.io': 15900,
};

/** Those of custom resources. */
export const CUSTOM = { groupPriorityMinimum: 1000, versionPriority: 100 } as const;
/** Groups that are served only for old manifests must not win over anything. */
const RETIRED = 500;

const VERSIONS: Readonly<Record<string, number>> = {
  '/v1': 1,
  'autoscaling/v2': 30,
  'flowcontrol.apiserver.k8s.io/v1': 21,
  'flowcontrol.apiserver.k8s.io/v1beta3': 18,
};

export interface Priority {
  groupPriorityMinimum: number;
  versionPriority: number;
}

/** The priorities of a built-in group-version. */
export function builtInPriority(group: string, version: string): Priority {
  const byStability = /alpha/.test(version) ? 1 : /beta/.test(version) ? 9 : 15;
  return {
    groupPriorityMinimum: GROUPS[group] ?? RETIRED,
    versionPriority: VERSIONS[`${group}/${version}`] ?? byStability,
  };
}
