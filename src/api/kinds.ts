import { admissionregistrationKinds } from './admissionregistration/index.ts';
import { apiextensionsKinds } from './apiextensions/index.ts';
import { apiregistrationKinds } from './apiregistration/index.ts';
import { appsKinds } from './apps/index.ts';
import { authenticationKinds } from './authentication/index.ts';
import { authorizationKinds } from './authorization/index.ts';
import { autoscalingKinds } from './autoscaling/index.ts';
import { batchKinds } from './batch/index.ts';
import { certificatesKinds } from './certificates/index.ts';
import { coordinationKinds } from './coordination/index.ts';
import { coreKinds } from './core/index.ts';
import { discoveryKinds } from './discovery/index.ts';
import { eventVersions } from './events/index.ts';
import { flowcontrolKinds } from './flowcontrol/index.ts';
import { networkingKinds } from './networking/index.ts';
import { nodeKinds } from './node/index.ts';
import { policyKinds } from './policy/index.ts';
import { rbacKinds } from './rbac/index.ts';
import { resourceKinds } from './resource/index.ts';
import { schedulingKinds } from './scheduling/index.ts';
import { storageKinds } from './storage/index.ts';
import type { KindDefinition, ServedVersion } from './kind-definition.ts';
import { apiVersionOf, type KubeObject } from '#apimachinery';

/** Every built-in kind, once each, in its storage version. An Event is one kind under two groups. */
export const allKinds: readonly KindDefinition[] = [
  ...coreKinds.map((kind) => (kind.resource === 'events' ? { ...kind, alsoServed: eventVersions } : kind)),
  ...admissionregistrationKinds,
  ...apiextensionsKinds,
  ...apiregistrationKinds,
  ...appsKinds,
  ...authenticationKinds,
  ...authorizationKinds,
  ...autoscalingKinds,
  ...batchKinds,
  ...certificatesKinds,
  ...coordinationKinds,
  ...discoveryKinds,
  ...flowcontrolKinds,
  ...networkingKinds,
  ...nodeKinds,
  ...policyKinds,
  ...rbacKinds,
  ...resourceKinds,
  ...schedulingKinds,
  ...storageKinds,
];

/** A kind in one of the versions that it is served in. */
export interface ServedKind {
  readonly definition: KindDefinition;
  readonly group: string;
  readonly version: string;
  /** How this version differs from the storage version; absent for the storage version itself. */
  readonly served: ServedVersion<KubeObject> | undefined;
  readonly deprecated: KindDefinition['deprecated'];
}

/** Every version in which a kind is served, its storage version first. */
export function servedKinds(definition: KindDefinition): ServedKind[] {
  const { group, version, deprecated, alsoServed = [] } = definition;
  return [
    { definition, group, version, served: undefined, deprecated },
    ...alsoServed.map((served) => ({
      definition,
      group: served.group ?? group,
      version: served.version,
      served,
      deprecated: served.deprecated,
    })),
  ];
}

const byResource = new Map<string, ServedKind>();
const byKind = new Map<string, ServedKind>();
for (const definition of allKinds) {
  for (const served of servedKinds(definition)) {
    byResource.set(`${served.group}/${served.version}/${definition.resource}`, served);
    byKind.set(`${served.group}/${served.version}/${definition.kind}`, served);
  }
}

/** Looks up `deployments` of `apps/v1`; also finds the other versions that a kind is served in. */
export function kindByResource(group: string, version: string, resource: string): ServedKind | undefined {
  return byResource.get(`${group}/${version}/${resource}`);
}

/** Looks up `Deployment` of `apps/v1`; also finds the other versions that a kind is served in. */
export function kindByName(group: string, version: string, kind: string): ServedKind | undefined {
  return byKind.get(`${group}/${version}/${kind}`);
}

/** The text of the warning that a request to a deprecated version is answered with; undefined when there is none. */
export function deprecationWarning({ group, version, deprecated, definition }: ServedKind): string | undefined {
  if (deprecated === undefined) return undefined;
  const { since, removedIn, use } = deprecated;
  const parts = [`${apiVersionOf({ group, version })} ${definition.kind} is deprecated in ${since}+`];
  if (removedIn !== '') parts.push(`, unavailable in ${removedIn}+`);
  if (use !== undefined) parts.push(`; use ${use}`);
  return parts.join('');
}
