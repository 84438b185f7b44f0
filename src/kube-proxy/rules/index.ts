export { compileService } from './compile-service.ts';
export { fixedChains, isFixedChain, JUMPS, nodePortRules, type FixedRulesOptions, type Jump, type Table } from './fixed-rules.ts';
export { RuleBook, type RuleChanges } from './rule-book.ts';
export type { RuleContext, ServiceRules, UdpFlows } from './service-rules.ts';
