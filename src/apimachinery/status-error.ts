import { groupResource, type GroupVersionKind } from './object.ts';
import type { FieldError } from './field-error.ts';

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** The `Status` object that every failed request is answered with. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { continue?: string };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

/** A failure that is API data: thrown anywhere, turned into a `Status` at the HTTP edge and back by the client. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(status: Omit<Status, 'kind' | 'apiVersion' | 'metadata' | 'status'> & Partial<Status>, options?: ErrorOptions) {
    super(status.message ?? status.reason ?? `HTTP ${status.code}`, options);
    this.name = 'StatusError';
    this.status = { kind: 'Status', apiVersion: 'v1', metadata: {}, ...status, status: 'Failure' };
  }

  get code(): number {
    return this.status.code;
  }

  get reason(): string | undefined {
    return this.status.reason;
  }
}

interface Resource {
  group: string;
  resource: string;
}

function about(resource: Resource, name: string): StatusDetails {
  return { name, group: resource.group || undefined, kind: resource.resource };
}

export function notFound(resource: Resource, name: string): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: `${groupResource(resource)} "${name}" not found`,
    details: about(resource, name),
  });
}

export function alreadyExists(resource: Resource, name: string): StatusError {
  return new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${groupResource(resource)} "${name}" already exists`,
    details: about(resource, name),
  });
}

export function generateNameConflict(resource: Resource, name: string): StatusError {
  return new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${groupResource(resource)} "${name}" already exists, the server was not able to generate a unique name for the object`,
    details: { ...about(resource, name), retryAfterSeconds: 1 },
  });
}

/** `why` is shown after the colon; the usual one for a lost race is `MODIFIED`. */
export function conflict(resource: Resource, name: string, why: string): StatusError {
  return new StatusError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${groupResource(resource)} "${name}": ${why}`,
    details: about(resource, name),
  });
}

/** The text of the conflict that a stale resourceVersion causes; clients look for it. */
export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

/** Server-side apply would take fields from other owners. `causes` have the reason `FieldManagerConflict`. */
export function applyConflict(causes: StatusCause[], message: string): StatusError {
  return new StatusError({ code: 409, reason: 'Conflict', message, details: { causes } });
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: 'BadRequest', message });
}

export function unauthorized(message = 'Unauthorized'): StatusError {
  return new StatusError({ code: 401, reason: 'Unauthorized', message });
}

export function forbidden(resource: Resource, name: string, why: string): StatusError {
  const named = name === '' ? groupResource(resource) : `${groupResource(resource)} "${name}"`;
  return new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: resource.resource === '' ? `forbidden: ${why}` : `${named} is forbidden: ${why}`,
    details: { ...about(resource, name), name: name || undefined },
  });
}

/** The answer to an object that fails validation: 422 with a cause for each field. */
export function invalid(kind: Pick<GroupVersionKind, 'group' | 'kind'>, name: string, errors: readonly FieldError[]): StatusError {
  const what = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const texts = [...new Set(errors.map(String))];
  const list = texts.length === 1 ? `: ${texts[0]}` : texts.length > 1 ? `: [${texts.join(', ')}]` : '';
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${what} "${name}" is invalid${list}`,
    details: {
      name,
      group: kind.group || undefined,
      kind: kind.kind,
      causes: errors.map((error) => ({ reason: error.type, message: error.body(), field: error.field })),
    },
  });
}

export function methodNotSupported(resource: Resource, verb: string): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `${verb} is not supported on resources of kind "${groupResource(resource)}"`,
    details: { group: resource.group || undefined, kind: resource.resource },
  });
}

export function unsupportedMediaType(message: string): StatusError {
  return new StatusError({ code: 415, reason: 'UnsupportedMediaType', message });
}

export function notAcceptable(message: string): StatusError {
  return new StatusError({ code: 406, reason: 'NotAcceptable', message });
}

export function requestEntityTooLarge(message: string): StatusError {
  return new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message: `Request entity is too large: ${message}` });
}

/** A revision that the store no longer has: clients list again. */
export function gone(message: string): StatusError {
  return new StatusError({ code: 410, reason: 'Expired', message });
}

export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError({ code: 429, reason: 'TooManyRequests', message, details: { retryAfterSeconds } });
}

export function internalError(message: string, cause?: unknown): StatusError {
  return new StatusError(
    {
      code: 500,
      reason: 'InternalError',
      message: `Internal error occurred: ${message}`,
      details: { causes: [{ message }] },
    },
    { cause },
  );
}

/** The server could not do it now; the client may repeat it after `retryAfterSeconds`. */
export function serverTimeout(resource: Resource, operation: string, retryAfterSeconds: number): StatusError {
  return new StatusError({
    code: 500,
    reason: 'ServerTimeout',
    message: `The ${operation} operation against ${groupResource(resource)} could not be completed at this time, please try again.`,
    details: { group: resource.group || undefined, kind: resource.resource, retryAfterSeconds },
  });
}

export function serviceUnavailable(message: string): StatusError {
  return new StatusError({ code: 503, reason: 'ServiceUnavailable', message });
}

export function timeout(message: string, retryAfterSeconds = 0): StatusError {
  return new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: ${message}`,
    details: retryAfterSeconds === 0 ? undefined : { retryAfterSeconds },
  });
}

function hasReason(error: unknown, reason: string): boolean {
  return error instanceof StatusError && error.status.reason === reason;
}

export const isNotFound = (error: unknown): boolean => hasReason(error, 'NotFound');
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists');
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict');
export const isForbidden = (error: unknown): boolean => hasReason(error, 'Forbidden');
export const isInvalid = (error: unknown): boolean => hasReason(error, 'Invalid');
export const isGone = (error: unknown): boolean => hasReason(error, 'Expired') || hasReason(error, 'Gone');
export const isTooManyRequests = (error: unknown): boolean => hasReason(error, 'TooManyRequests');
