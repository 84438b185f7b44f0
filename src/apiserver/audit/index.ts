export { createAudit, type Audit, type AuditedRequest, type AuditTrail } from './audit.ts';
export { auditLog, type AuditSink } from './log-sink.ts';
export { readAuditPolicy, type AuditPolicy, type Level, type PolicyRule, type Stage } from './policy.ts';
