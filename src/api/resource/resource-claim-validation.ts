import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
  isDns1123Label,
  nameIsDnsSubdomain,
  root,
  validateByRule,
  validateEnum,
  validateImmutable,
  validateMaxItems,
  validatePositive,
  validateReferenceName,
  type FieldError,
  type FieldPath,
} from '#apimachinery';
import { validateDeviceConfiguration, validateSelectors } from './device-class-validation.ts';
import type { DeviceRequest, DeviceSubRequest, ExactDeviceRequest, ResourceClaim, ResourceClaimSpec } from '../generated/resource-v1.ts';

const specPath = root.child('spec');
const statusPath = root.child('status');
const MAX_REQUESTS = 32;
const MAX_SUBREQUESTS = 8;
const MAX_CONSTRAINTS = 32;
const MAX_CONFIG = 32;
const MAX_RESERVED_FOR = 256;

/** What is wrong with a claim on its own. */
export function validateResourceClaim({ spec }: ResourceClaim): FieldError[] {
  return validateResourceClaimSpec(spec, specPath);
}

/** What is asked for stays as it is. */
export function validateResourceClaimUpdate({ spec }: ResourceClaim, old: ResourceClaim): FieldError[] {
  return validateImmutable(spec, old.spec, specPath);
}

/** An allocation stays as it is, and only what is allocated can be reserved. */
export function validateResourceClaimStatus({ metadata, status }: ResourceClaim, old: ResourceClaim): FieldError[] {
  const { allocation, reservedFor = [] } = status;
  const reservedPath = statusPath.child('reservedFor');
  const errors = validateMaxItems(reservedFor, MAX_RESERVED_FOR, reservedPath);
  const uids = new Set<string>();
  for (const [i, { uid, name, resource }] of reservedFor.entries()) {
    const at = reservedPath.index(i);
    if (!resource) errors.push(fieldRequired(at.child('resource')));
    if (!name) errors.push(fieldRequired(at.child('name')));
    if (!uid) errors.push(fieldRequired(at.child('uid')));
    if (uid && uids.has(uid)) errors.push(fieldDuplicate(at, uid));
    uids.add(uid);
  }
  if (reservedFor.length > 0 && allocation === undefined)
    errors.push(fieldForbidden(reservedPath, 'may not be specified when `allocated` is not set'));
  const before = old.status?.reservedFor ?? [];
  if (metadata.deletionTimestamp && reservedFor.some(({ uid }) => !before.some((consumer) => consumer.uid === uid))) {
    errors.push(fieldForbidden(reservedPath, 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'));
  }
  if (old.status?.allocation !== undefined && allocation !== undefined) {
    errors.push(...validateImmutable(allocation, old.status.allocation, statusPath.child('allocation')));
  }
  return errors;
}

/** A claim's spec, also the one in a template. */
export function validateResourceClaimSpec({ devices }: ResourceClaimSpec, path: FieldPath): FieldError[] {
  const { requests, constraints = [], config = [] } = devices ?? {};
  const devicesPath = path.child('devices');
  const requestsPath = devicesPath.child('requests');
  const names = new Set<string>();
  const errors = validateMaxItems(requests, MAX_REQUESTS, requestsPath);
  for (const [i, request] of requests.entries()) {
    errors.push(...validateRequest(request, requestsPath.index(i)));
    if (names.has(request.name)) errors.push(fieldDuplicate(requestsPath.index(i).child('name'), request.name));
    names.add(request.name);
    for (const { name } of request.firstAvailable ?? []) names.add(`${request.name}/${name}`);
  }
  errors.push(...validateMaxItems(constraints, MAX_CONSTRAINTS, devicesPath.child('constraints')));
  errors.push(
    ...constraints.flatMap(({ requests: refs = [] }, i) =>
      validateReferences(refs, names, devicesPath.child('constraints').index(i).child('requests')),
    ),
  );
  errors.push(...validateMaxItems(config, MAX_CONFIG, devicesPath.child('config')));
  return [
    ...errors,
    ...config.flatMap((entry, i) => {
      const at = devicesPath.child('config').index(i);
      return [...validateReferences(entry.requests ?? [], names, at.child('requests')), ...validateDeviceConfiguration(entry, at)];
    }),
  ];
}

function validateReferences(references: readonly string[], names: ReadonlySet<string>, path: FieldPath): FieldError[] {
  return references.flatMap((name, i) =>
    names.has(name)
      ? []
      : [
          fieldInvalid(
            path.index(i),
            name,
            "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
          ),
        ],
  );
}

function validateRequest({ name, exactly, firstAvailable = [] }: DeviceRequest, path: FieldPath): FieldError[] {
  const errors = validateByRule(name, isDns1123Label, path.child('name'));
  if (exactly === undefined && firstAvailable.length === 0)
    errors.push(fieldRequired(path, 'exactly one of `exactly` or `firstAvailable` is required'));
  if (exactly !== undefined && firstAvailable.length > 0) {
    errors.push(fieldInvalid(path, null, 'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set'));
  }
  if (exactly !== undefined) errors.push(...validateExactRequest(exactly, path.child('exactly')));
  const firstPath = path.child('firstAvailable');
  errors.push(...validateMaxItems(firstAvailable, MAX_SUBREQUESTS, firstPath));
  for (const [i, sub] of firstAvailable.entries()) {
    errors.push(...validateByRule(sub.name ?? '', isDns1123Label, firstPath.index(i).child('name')));
    errors.push(...validateExactRequest(sub, firstPath.index(i)));
  }
  return errors;
}

function validateExactRequest(request: ExactDeviceRequest | DeviceSubRequest, path: FieldPath): FieldError[] {
  const { deviceClassName, selectors = [], allocationMode, count } = request;
  const errors = validateReferenceName(deviceClassName, nameIsDnsSubdomain, path.child('deviceClassName'));
  errors.push(...validateSelectors(selectors, path.child('selectors')));
  errors.push(...validateEnum(allocationMode, ['All', 'ExactCount'], path.child('allocationMode')));
  if (allocationMode === 'All' && count) {
    errors.push(fieldInvalid(path.child('count'), count, "must not be specified when allocationMode is 'All'"));
  } else if (allocationMode === 'ExactCount') errors.push(...validatePositive(count ?? 0, path.child('count')));
  return errors;
}
