import { fieldInvalid, root, validateFinalizerName, type FieldError } from '#apimachinery';
import type { Namespace } from '../generated/core-v1.ts';

/** Checks the finalizers that keep a namespace's content in mind. */
export function validateNamespace({ spec }: Namespace): FieldError[] {
  return (spec.finalizers ?? []).flatMap((finalizer) => validateFinalizerName(finalizer, root.child('spec', 'finalizers')));
}

/** A namespace is terminating exactly when it is being deleted. */
export function validateNamespaceStatus({ metadata, status }: Namespace): FieldError[] {
  const path = root.child('status', 'Phase');
  const { phase = '' } = status;
  if (metadata.deletionTimestamp) {
    return phase === 'Terminating' ? [] : [fieldInvalid(path, phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
  }
  return phase === 'Active' ? [] : [fieldInvalid(path, phase, "may only be 'Active' if `deletionTimestamp` is empty")];
}
