import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
  isDns1123Subdomain,
  root,
  validateEnum,
  validateImmutable,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import type { CSIDriver, TokenRequest } from '../generated/storage-v1.ts';

const specPath = root.child('spec');
const MAX_NAME_LENGTH = 63;
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

/** What is wrong with a driver on its own. */
export function validateCSIDriver({ metadata, spec }: CSIDriver): FieldError[] {
  const { volumeLifecycleModes = [], tokenRequests = [], nodeAllocatableUpdatePeriodSeconds: period } = spec;
  const errors = validateDriverName(metadata.name, root.child('metadata', 'name'));
  for (const field of ['attachRequired', 'podInfoOnMount', 'storageCapacity'] as const) {
    if (spec[field] === undefined) errors.push(fieldRequired(specPath.child(field)));
  }
  errors.push(...validateEnum(spec.fsGroupPolicy, ['File', 'None', 'ReadWriteOnceWithFSType'], specPath.child('fsGroupPolicy')));
  for (const [i, mode] of volumeLifecycleModes.entries()) {
    if (mode !== 'Ephemeral' && mode !== 'Persistent') {
      errors.push(fieldNotSupported(specPath.child('volumeLifecycleModes').index(i), mode, ['Ephemeral', 'Persistent']));
    }
  }
  if (period !== undefined && period < 10) {
    errors.push(fieldInvalid(specPath.child('nodeAllocatableUpdatePeriodSeconds'), period, 'must be greater than or equal to 10 seconds'));
  }
  return [...errors, ...validateTokenRequests(tokenRequests, specPath.child('tokenRequests'))];
}

/** How volumes are attached and which lifecycles there are stays as it is. */
export function validateCSIDriverUpdate({ spec }: CSIDriver, old: CSIDriver): FieldError[] {
  const fixed = ['attachRequired', 'volumeLifecycleModes'] as const;
  return fixed.flatMap((field) => validateImmutable(spec[field], old.spec[field], specPath.child(field)));
}

/** The name of a CSI driver: a domain name in any case, of at most 63 characters. */
export function validateDriverName(name: string | undefined, path: FieldPath): FieldError[] {
  if (!name) return [fieldRequired(path)];
  const errors = name.length > MAX_NAME_LENGTH ? [fieldTooLong(path, MAX_NAME_LENGTH)] : [];
  return [...errors, ...isDns1123Subdomain(name.toLowerCase()).map((text) => fieldInvalid(path, name, text))];
}

function validateTokenRequests(requests: readonly TokenRequest[], path: FieldPath): FieldError[] {
  const audiences = new Set<string>();
  return requests.flatMap(({ audience, expirationSeconds }, i) => {
    const errors: FieldError[] = [];
    if (audiences.has(audience)) errors.push(fieldDuplicate(path.index(i).child('audience'), audience));
    audiences.add(audience);
    if (expirationSeconds === undefined) return errors;
    const at = path.index(i).child('expirationSeconds');
    if (expirationSeconds < MIN_TOKEN_SECONDS)
      errors.push(fieldInvalid(at, expirationSeconds, 'may not specify a duration less than 10 minutes'));
    if (expirationSeconds > MAX_TOKEN_SECONDS)
      errors.push(fieldInvalid(at, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
    return errors;
  });
}
