export { observePolicies } from './observe.ts';
export { POLICY_READS, policyPlugins, type PolicyOptions } from './plugins.ts';
