import { fieldNotSupported, fieldRequired, root, type FieldError } from '#apimachinery';
import type { Binding } from '../generated/core-v1.ts';

/** A pod can be bound to a node and to nothing else. */
export function validateBinding({ target }: Binding): FieldError[] {
  const errors: FieldError[] = [];
  const path = root.child('target');
  const kind = target?.kind ?? '';
  if (kind !== '' && kind !== 'Node') errors.push(fieldNotSupported(path.child('kind'), kind, ['Node', '<empty>']));
  if (!target?.name) errors.push(fieldRequired(path.child('name')));
  return errors;
}
