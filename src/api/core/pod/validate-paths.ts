import { fieldInvalid, type FieldError, type FieldPath } from '#apimachinery';

const MAX_FILE_MODE = 0o777;

/** Checks a path that stays below where it starts. */
export function validateLocalPath(value: string, path: FieldPath, errors: FieldError[]): void {
  if (value.startsWith('/')) errors.push(fieldInvalid(path, value, 'must be a relative path'));
  validateNoBacksteps(value, path, errors);
}

/** Checks that a path never goes up. */
export function validateNoBacksteps(value: string, path: FieldPath, errors: FieldError[]): void {
  if (value.split('/').includes('..')) errors.push(fieldInvalid(path, value, "must not contain '..'"));
}

/** Checks a file's path in a volume; names that begin with two dots are the kubelet's. */
export function validateFilePath(value: string, path: FieldPath, errors: FieldError[]): void {
  validateLocalPath(value, path, errors);
  if (value.startsWith('..') && !value.startsWith('../')) errors.push(fieldInvalid(path, value, "must not start with '..'"));
}

/** Checks permission bits. Absent is fine. */
export function validateFileMode(mode: number | undefined, path: FieldPath, errors: FieldError[]): void {
  if (mode === undefined || (mode >= 0 && mode <= MAX_FILE_MODE)) return;
  errors.push(fieldInvalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive'));
}
