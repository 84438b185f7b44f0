const CODE_NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const;

export type CriCode = (typeof CODE_NAMES)[number];

/** A container runtime's refusal. `message` has the form that events and statuses show; `description` is the runtime's own text. */
export class CriError extends Error {
  readonly code: CriCode;
  readonly description: string;

  constructor(code: number | CriCode, description: string, options?: ErrorOptions) {
    const name = typeof code === 'number' ? (CODE_NAMES[code] ?? 'Unknown') : code;
    super(`rpc error: code = ${name} desc = ${description}`, options);
    this.name = 'CriError';
    this.code = name;
    this.description = description;
  }
}

export function isCriError(error: unknown, code: CriCode): boolean {
  return error instanceof CriError && error.code === code;
}
