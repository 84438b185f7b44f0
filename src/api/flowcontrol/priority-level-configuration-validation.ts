import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  root,
  validateNonNegative,
  validatePositive,
  validateRange,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { LimitedPriorityLevelConfiguration, PriorityLevelConfiguration, QueuingConfiguration } from '../generated/flowcontrol-v1.ts';

const specPath = root.child('spec');
const MAX_QUEUES = 10_000_000;

/** What is wrong with a priority level on its own. */
export function validatePriorityLevelConfiguration({ metadata, spec }: PriorityLevelConfiguration): FieldError[] {
  const errors: FieldError[] = [];
  const { type, limited, exempt } = spec;
  if ((metadata.name === 'exempt') !== (type === 'Exempt')) {
    errors.push(fieldInvalid(specPath.child('type'), type ?? '', `type must be 'Exempt' if and only if name is 'exempt'`));
  }
  switch (type) {
    case 'Exempt':
      if (limited !== undefined) errors.push(fieldForbidden(specPath.child('limited'), 'must be nil if the type is not Limited'));
      if (exempt?.nominalConcurrencyShares !== undefined) {
        errors.push(...validateNonNegative(exempt.nominalConcurrencyShares, specPath.child('exempt', 'nominalConcurrencyShares')));
      }
      errors.push(...validatePercent(exempt?.lendablePercent, specPath.child('exempt', 'lendablePercent')));
      return errors;
    case 'Limited':
      if (exempt !== undefined) errors.push(fieldForbidden(specPath.child('exempt'), 'must be nil if the type is Limited'));
      if (limited === undefined) return [...errors, fieldRequired(specPath.child('limited'), 'must not be empty when type is Limited')];
      return [...errors, ...validateLimited(limited, specPath.child('limited'))];
    default:
      return [...errors, fieldNotSupported(specPath.child('type'), type ?? '', ['Exempt', 'Limited'])];
  }
}

function validatePercent(value: number | undefined, path: FieldPath): FieldError[] {
  return value === undefined || (value >= 0 && value <= 100) ? [] : [fieldInvalid(path, value, 'must be between 0 and 100, inclusive')];
}

function validateLimited(limited: LimitedPriorityLevelConfiguration, path: FieldPath): FieldError[] {
  const { nominalConcurrencyShares, lendablePercent, borrowingLimitPercent, limitResponse } = limited;
  const errors = [
    ...validateNonNegative(nominalConcurrencyShares, path.child('nominalConcurrencyShares')),
    ...validatePercent(lendablePercent, path.child('lendablePercent')),
    ...validateNonNegative(borrowingLimitPercent, path.child('borrowingLimitPercent')),
  ];
  const responsePath = path.child('limitResponse');
  const queuingPath = responsePath.child('queuing');
  switch (limitResponse.type) {
    case 'Reject':
      if (limitResponse.queuing !== undefined)
        errors.push(fieldForbidden(queuingPath, 'must be nil if limited.limitResponse.type is not Limited'));
      return errors;
    case 'Queue':
      if (limitResponse.queuing === undefined)
        return [...errors, fieldRequired(queuingPath, 'must not be empty if limited.limitResponse.type is Limited')];
      return [...errors, ...validateQueuing(limitResponse.queuing, queuingPath)];
    default:
      return [...errors, fieldNotSupported(responsePath.child('type'), limitResponse.type ?? '', ['Queue', 'Reject'])];
  }
}

function validateQueuing({ queues, handSize, queueLengthLimit }: QueuingConfiguration, path: FieldPath): FieldError[] {
  const errors = validatePositive(queueLengthLimit, path.child('queueLengthLimit'));
  if (queues <= 0) errors.push(fieldInvalid(path.child('queues'), queues, 'must be positive'));
  else errors.push(...validateRange(queues, 1, MAX_QUEUES, path.child('queues')));
  if (handSize <= 0) errors.push(fieldInvalid(path.child('handSize'), handSize, 'must be positive'));
  else if (handSize > queues) errors.push(fieldInvalid(path.child('handSize'), handSize, `should not be greater than queues (${queues})`));
  return errors;
}
