/** Groups as upstream ranks them: a kind that several groups have (Event, Ingress) is taken from the first that has it. */
const BUILT_IN = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'resource.k8s.io',
];

/** Served for old manifests only: nobody who says `ingress` means this group's. */
const RETIRED = 'extensions';

/** Orders the names of API groups: built-in ones by rank, others after them by name, retired ones last. */
export function compareGroups(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

function rank(group: string): number {
  if (group === RETIRED) return BUILT_IN.length + 1;
  const place = BUILT_IN.indexOf(group);
  return place < 0 ? BUILT_IN.length : place;
}
