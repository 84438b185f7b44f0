export { AUTHORIZATION_READS, createAuthorization, type Authorization, type AuthorizationOptions } from './authorizer.ts';
export { checkEscalation, escalationPlugin, type EscalationOptions } from './escalation.ts';
export { forbiddenError, forbiddenMessage } from './forbidden.ts';
export { nodeNameOf } from './node.ts';
export { bootstrapPolicy, kubeadmAdminBinding, reconcilePolicyObject, type PolicyObject } from './policy/reconcile.ts';
export { Rbac } from './rbac.ts';
