import { MASTERS } from '../authn/username.ts';
import type { AuthorizationAttributes, Authorizer, Decision, ObjectReader } from '../types.ts';
import { nodeAuthorizer } from './node.ts';
import { Rbac } from './rbac.ts';

const SUPERUSER: Decision = { decision: 'allow', reason: '' };
const NOTHING: Decision = { decision: 'no-opinion', reason: '' };
const ALWAYS: Decision = { decision: 'allow', reason: '' };

const RBAC_RESOURCES = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'];

/** What authorization reads: before its caches are ready, less is allowed than should be. */
export const AUTHORIZATION_READS: readonly { group: string; resource: string }[] = [
  ...RBAC_RESOURCES.map((resource) => ({ group: 'rbac.authorization.k8s.io', resource })),
  ...['pods', 'persistentvolumeclaims', 'persistentvolumes'].map((resource) => ({ group: '', resource })),
  { group: 'storage.k8s.io', resource: 'volumeattachments' },
  { group: 'resource.k8s.io', resource: 'resourceclaims' },
];

export interface AuthorizationOptions {
  reader: ObjectReader;
  /** Paths that anybody may read without being asked; default: none. */
  alwaysAllowPaths?: readonly string[];
}

export interface Authorization {
  /** system:masters, then the node authorizer, then RBAC; what none allows is to be refused. */
  authorize: Authorizer;
  rbac: Rbac;
}

/** The API server's authorization, in the order `Node,RBAC`. */
export function createAuthorization({ reader, alwaysAllowPaths = [] }: AuthorizationOptions): Authorization {
  const rbac = new Rbac(reader);
  const always: Authorizer = (attributes) => (!attributes.isResource && alwaysAllowPaths.includes(attributes.path) ? ALWAYS : NOTHING);
  const authorize = authorizerUnion([superuser, always, nodeAuthorizer(reader), (attributes) => rbac.authorize(attributes)]);
  return { authorize, rbac };
}

function superuser(attributes: AuthorizationAttributes): Decision {
  return attributes.user.groups.includes(MASTERS) ? SUPERUSER : NOTHING;
}

/** The first that allows or denies decides; otherwise the reasons of all are put together. Waits only for those that do. */
function authorizerUnion(authorizers: readonly Authorizer[]): Authorizer {
  return (attributes) => ask(authorizers, 0, '', attributes);
}

function ask(
  authorizers: readonly Authorizer[],
  from: number,
  before: string,
  attributes: AuthorizationAttributes,
): Decision | Promise<Decision> {
  let reasons = before;
  for (let i = from; i < authorizers.length; i++) {
    const decision = authorizers[i]?.(attributes) ?? NOTHING;
    if (decision instanceof Promise) {
      const reasonsSoFar = reasons;
      return decision.then((settled) =>
        settled.decision === 'no-opinion' ? ask(authorizers, i + 1, join(reasonsSoFar, settled.reason), attributes) : settled,
      );
    }
    if (decision.decision !== 'no-opinion') return decision;
    reasons = join(reasons, decision.reason);
  }
  return reasons === '' ? NOTHING : { decision: 'no-opinion', reason: reasons };
}

function join(reasons: string, reason: string): string {
  return reason === '' || reasons === '' ? reasons + reason : `${reasons}\n${reason}`;
}
