import { clusterRoleKind } from './cluster-role.ts';
import { clusterRoleBindingKind } from './cluster-role-binding.ts';
import { roleKind } from './role.ts';
import { roleBindingKind } from './role-binding.ts';
import type { KindDefinition } from '../kind-definition.ts';

/** The kinds of the group `rbac.authorization.k8s.io`. */
export const rbacKinds: readonly KindDefinition[] = [clusterRoleKind, clusterRoleBindingKind, roleKind, roleBindingKind];
