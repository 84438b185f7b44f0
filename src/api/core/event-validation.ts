import { fieldInvalid, fieldRequired, isQualifiedName, root, validateByRule, type FieldError } from '#apimachinery';
import type { Event } from '../generated/core-v1.ts';

const MAX_NAME = 128;
const MAX_NOTE = 1024;

/** Checks an event; one that carries an `eventTime` is of the newer sort, which has to say more. */
export function validateEvent(event: Event): FieldError[] {
  const errors: FieldError[] = [];
  validateNamespace(event, errors);
  if (!event.eventTime) return errors;
  if (!event.reportingComponent) errors.push(fieldRequired(root.child('reportingController')));
  else errors.push(...validateByRule(event.reportingComponent, isQualifiedName, root.child('reportingController')));
  requireText(event.reportingInstance, 'reportingInstance', errors);
  requireText(event.action, 'action', errors);
  requireText(event.reason, 'reason', errors);
  if ((event.message?.length ?? 0) > MAX_NOTE) {
    errors.push(fieldInvalid(root.child('message'), '', `can have at most ${MAX_NOTE} characters`));
  }
  return errors;
}

function requireText(value: string | undefined, field: string, errors: FieldError[]): void {
  const path = root.child(field);
  if (!value) errors.push(fieldRequired(path));
  else if (value.length > MAX_NAME) errors.push(fieldInvalid(path, '', `can have at most ${MAX_NAME} characters`));
}

/** Events of objects without namespace are in `default`; all others are beside their object. */
function validateNamespace({ metadata, involvedObject }: Event, errors: FieldError[]): void {
  const { namespace = '' } = involvedObject ?? {};
  const fine =
    namespace === '' ? metadata.namespace === 'default' || metadata.namespace === 'kube-system' : namespace === metadata.namespace;
  if (!fine) errors.push(fieldInvalid(root.child('involvedObject', 'namespace'), namespace, 'does not match event.namespace'));
}
