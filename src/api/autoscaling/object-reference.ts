import { isPathSegmentName, validateReferenceName, type FieldError, type FieldPath } from '#apimachinery';
import type { CrossVersionObjectReference } from '../generated/autoscaling-v2.ts';

/** The object that a metric or the autoscaler is about. */
export function validateObjectReference({ kind, name }: CrossVersionObjectReference, path: FieldPath): FieldError[] {
  return [
    ...validateReferenceName(kind, isPathSegmentName, path.child('kind')),
    ...validateReferenceName(name, isPathSegmentName, path.child('name')),
  ];
}
