import type { StructDescription } from '#api';

const PACKAGES: Readonly<Record<string, string>> = {
  meta: 'io.k8s.apimachinery.pkg.apis.meta',
  apiextensions: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  apiregistration: 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
};

/** What documents call a type: `io.k8s.api.apps.v1.Deployment`. */
export function definitionName(struct: StructDescription): string {
  const directory = struct.file.slice(0, struct.file.indexOf('-'));
  return `${PACKAGES[directory] ?? `io.k8s.api.${directory}`}.${struct.version}.${struct.name}`;
}

/** What documents call a custom kind: `com.example.stable.v1.CronTab`. */
export function customDefinitionName({ group, version }: { group: string; version: string }, kind: string): string {
  return `${group.split('.').reverse().join('.')}.${version}.${kind}`;
}

/** The part of operation ids that tells the group-version: `AppsV1`, `RbacAuthorizationV1`, `CoreV1`. */
export function operationGroup({ group, version }: { group: string; version: string }): string {
  const words = (group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')).split(/[.-]/);
  return [...words, version].map(capital).join('');
}

/** The tag of a group-version's operations: `apps_v1`, `rbacAuthorization_v1`. */
export function operationTag(groupVersion: { group: string; version: string }): string {
  const joined = operationGroup({ ...groupVersion, version: '' });
  return `${joined[0]?.toLowerCase()}${joined.slice(1)}_${groupVersion.version}`;
}

export const capital = (word: string): string => (word[0] ?? '').toUpperCase() + word.slice(1);
