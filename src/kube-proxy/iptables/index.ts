export { detectBackend } from './backend.ts';
export { Iptables, RestoreFailed, type Backend } from './iptables.ts';
export { removal, removeRules } from './remove-rules.ts';
export { missingJumps, parseSavedRules, savedServiceChains, type SavedRules } from './saved-rules.ts';
export { transaction, type TableChanges } from './transaction.ts';
