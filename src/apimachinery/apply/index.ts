export { applyObject, type Applied, type ApplyRequest, type VersionedView } from './apply.ts';
export { compareObjects, UNOWNED, type Comparison } from './compare.ts';
export { fieldSetOf } from './field-set-of.ts';
export { LAST_APPLIED_ANNOTATION, lastAppliedConfiguration } from './last-applied.ts';
export { trackUpdate, type FieldWriter, type UpdateTracking } from './track-update.ts';
