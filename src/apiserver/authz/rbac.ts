import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject } from '#api/generated/rbac-v1.ts';
import { serviceAccountUsername } from '../authn/username.ts';
import type { AuthorizationAttributes, Decision, ObjectReader, UserInfo } from '../types.ts';
import { rulesAllow } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
const ROLES = { group: GROUP, resource: 'roles' };
const CLUSTER_ROLES = { group: GROUP, resource: 'clusterroles' };
const ROLE_BINDINGS = { group: GROUP, resource: 'rolebindings' };
const CLUSTER_ROLE_BINDINGS = { group: GROUP, resource: 'clusterrolebindings' };
const TYPES = [ROLES, CLUSTER_ROLES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS];

/** What one binding gives to one subject. */
interface Grant {
  rules: readonly PolicyRule[];
  allowed: Decision;
  /** The role that the binding names does not exist. */
  missing?: string;
}

/** Grants by who gets them. */
class Grants {
  readonly users = new Map<string, Grant[]>();
  readonly groups = new Map<string, Grant[]>();

  add(subject: Subject, bindingNamespace: string, grant: Grant): void {
    if (subject.kind === 'Group') push(this.groups, subject.name, grant);
    else if (subject.kind === 'User') push(this.users, subject.name, grant);
    else if (subject.kind === 'ServiceAccount') {
      push(this.users, serviceAccountUsername(subject.namespace || bindingNamespace, subject.name), grant);
    }
  }

  /** Calls back with each grant of the user until `stop` says so. */
  find(user: UserInfo, stop: (grant: Grant) => boolean): boolean {
    if (this.users.get(user.name)?.some(stop)) return true;
    for (const group of user.groups) {
      if (this.groups.get(group)?.some(stop)) return true;
    }
    return false;
  }
}

function push(map: Map<string, Grant[]>, key: string, grant: Grant): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [grant]);
  else list.push(grant);
}

const NO_RULES: readonly PolicyRule[] = [];

/**
 * Role-based access control. Bindings are kept by subject, so that a check looks only at the user's own; after a change of
 * roles or bindings the next check arranges them anew.
 */
export class Rbac {
  readonly #reader: ObjectReader;
  readonly #stops: (() => void)[];
  #stale = true;
  #cluster = new Grants();
  #namespaces = new Map<string, Grants>();

  constructor(reader: ObjectReader) {
    this.#reader = reader;
    this.#stops = TYPES.map((type) =>
      reader.onChange(type, () => {
        this.#stale = true;
      }),
    );
  }

  /** Resolves when all roles and bindings are known: before that, nothing but what is known is allowed. */
  async ready(): Promise<void> {
    await Promise.all(TYPES.map((type) => this.#reader.ready(type)));
    this.#stale = true;
  }

  /** Stops following changes. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  authorize(attributes: AuthorizationAttributes): Decision {
    let allowed: Decision | undefined;
    let missing: string[] | undefined;
    this.#visit(attributes.user, attributes.namespace, (grant) => {
      if (grant.missing !== undefined) (missing ??= []).push(grant.missing);
      if (!rulesAllow(grant.rules, attributes)) return false;
      allowed = grant.allowed;
      return true;
    });
    return allowed ?? { decision: 'no-opinion', reason: missing === undefined ? '' : `RBAC: ${aggregate(missing)}` };
  }

  /** Everything the user may do in a namespace (`''`: at the cluster scope), and what hinders knowing all of it. */
  rulesFor(user: UserInfo, namespace: string): { rules: PolicyRule[]; errors: string[] } {
    const rules: PolicyRule[] = [];
    const errors: string[] = [];
    this.#visit(user, namespace, (grant) => {
      rules.push(...grant.rules);
      if (grant.missing !== undefined) errors.push(grant.missing);
      return false;
    });
    return { rules, errors };
  }

  /** The rules of the role that a binding in `namespace` names; undefined when there is no such role. */
  roleRules(ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    const role = ref.kind === 'ClusterRole' ? this.#reader.get(CLUSTER_ROLES, '', ref.name) : this.#reader.get(ROLES, namespace, ref.name);
    return role === undefined ? undefined : ((role as ClusterRole | Role).rules ?? NO_RULES);
  }

  #visit(user: UserInfo, namespace: string, stop: (grant: Grant) => boolean): void {
    if (this.#stale) this.#arrange();
    if (this.#cluster.find(user, stop) || namespace === '') return;
    this.#namespaces.get(namespace)?.find(user, stop);
  }

  #arrange(): void {
    this.#stale = false;
    this.#cluster = new Grants();
    this.#namespaces = new Map();
    for (const object of this.#reader.list(CLUSTER_ROLE_BINDINGS)) {
      this.#add(this.#cluster, object as ClusterRoleBinding, '');
    }
    for (const object of this.#reader.list(ROLE_BINDINGS)) {
      const namespace = object.metadata.namespace ?? '';
      let grants = this.#namespaces.get(namespace);
      if (grants === undefined) this.#namespaces.set(namespace, (grants = new Grants()));
      this.#add(grants, object as RoleBinding, namespace);
    }
  }

  #add(grants: Grants, binding: ClusterRoleBinding | RoleBinding, namespace: string): void {
    const { roleRef, metadata } = binding;
    const rules = this.roleRules(roleRef, namespace);
    const by = namespace === '' ? `ClusterRoleBinding "${metadata.name}"` : `RoleBinding "${metadata.name}/${namespace}"`;
    const missing = rules === undefined ? `${roleRef.kind.toLowerCase()}.${GROUP} "${roleRef.name}" not found` : undefined;
    for (const subject of binding.subjects ?? []) {
      const reason = `RBAC: allowed by ${by} of ${roleRef.kind} "${roleRef.name}" to ${describeSubject(subject, namespace)}`;
      grants.add(subject, namespace, { rules: rules ?? NO_RULES, allowed: { decision: 'allow', reason }, missing });
    }
  }
}

function describeSubject(subject: Subject, namespace: string): string {
  if (subject.kind !== 'ServiceAccount') return `${subject.kind} "${subject.name}"`;
  return `ServiceAccount "${subject.name}/${subject.namespace || namespace}"`;
}

function aggregate(texts: readonly string[]): string {
  const distinct = [...new Set(texts)];
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`;
}
