import { fieldInvalid, fieldRequired, jsonEqual, type FieldError } from '#apimachinery';

/** One validation on its way. */
export interface Run {
  errors: FieldError[];
  /** Parts that are as they were in the old object are not looked at: they may have been valid once. */
  ratcheting: boolean;
}

/** Checks a value; `old` is what stood in its place before, undefined for none or when that cannot be said. */
export type Check = (value: unknown, old: unknown, path: string, run: Run) => void;

/** An error about the whole value at `path`. */
export function report(run: Run, path: string, value: unknown, detail: string): void {
  run.errors.push(fieldInvalid(path, value, `${path} in body ${detail}`));
}

/** An error of combined schemas: it carries its place in its text only. */
export function reportComposite(run: Run, path: string, detail: string): void {
  run.errors.push(fieldInvalid('<nil>', '', `${JSON.stringify(path)} ${detail}`));
}

export function reportMissing(run: Run, path: string): void {
  run.errors.push(fieldRequired(path));
}

/** Skips the check of what has not changed while an update is looked at again. */
export function ratcheted(check: Check): Check {
  return (value, old, path, run) => {
    if (run.ratcheting && old !== undefined && jsonEqual(value, old)) return;
    check(value, old, path, run);
  };
}
