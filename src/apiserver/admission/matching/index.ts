export { ConcernIndex, type Concerned } from './concern-index.ts';
export { criteriaOf, isClusterScoped, type Criteria, type Match } from './criteria.ts';
export { formsOf, show, showable, takeOver, type Forms, type RequestForm } from './request-form.ts';
export { ruleMatches, type OperationRule, type RuleSubject } from './rules.ts';
