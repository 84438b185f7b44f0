export { admissionChain, inOrder, type AdmissionChain } from './chain.ts';
export { admitConnect } from './connect.ts';
export { ADMISSION_READS, createAdmission, type AdmissionOptions } from './default-plugins.ts';
export { formsOf, type Forms } from './matching/index.ts';
export { systemPriorityClasses } from './priority.ts';
export type { UpdateQuotaStatus } from './resource-quota/plugin.ts';
