export { detectBackend } from './backend.ts';
export { Iptables, type Backend } from './iptables.ts';
export { removeRules } from './remove-rules.ts';
export { missingJumps, savedServiceChains } from './saved-rules.ts';
export { transaction, type TableChanges } from './transaction.ts';
