/** Where a field stands in an object: `spec.containers[0].ports[1].name`. Cheap to extend; text is made only on demand. */
export class FieldPath {
  readonly #parent: FieldPath | undefined;
  readonly #segment: string;

  constructor(segment: string, parent?: FieldPath) {
    this.#segment = segment;
    this.#parent = parent;
  }

  child(...names: string[]): FieldPath {
    return names.reduce<FieldPath>((path, name) => new FieldPath(path.#isRoot() ? name : `.${name}`, path), this);
  }

  index(index: number): FieldPath {
    return new FieldPath(`[${index}]`, this);
  }

  key(key: string): FieldPath {
    return new FieldPath(`[${key}]`, this);
  }

  toString(): string {
    return (this.#parent?.toString() ?? '') + this.#segment;
  }

  #isRoot(): boolean {
    return this.#parent === undefined && this.#segment === '';
  }
}

/** The path that every other one starts from: `root.child('spec')`. */
export const root: FieldPath = new FieldPath('');

export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

const TITLES: Record<FieldErrorType, string> = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
};

/** One thing that is wrong with one field, worded as the API words it. Validation returns lists of these. */
export class FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  readonly detail: string;
  /** The value as it is shown, already formatted; absent where the error names none. */
  readonly shown: string | undefined;

  constructor(type: FieldErrorType, path: FieldPath | string, shown: string | undefined, detail: string) {
    this.type = type;
    this.field = String(path);
    this.shown = shown;
    this.detail = detail;
  }

  /** The text without the field: `Invalid value: "x": must be …`. */
  body(): string {
    const title = TITLES[this.type];
    const head = this.shown === undefined ? title : `${title}: ${this.shown}`;
    return this.detail === '' ? head : `${head}: ${this.detail}`;
  }

  toString(): string {
    return this.field === '' ? this.body() : `${this.field}: ${this.body()}`;
  }
}

function show(value: unknown): string {
  if (value === undefined || value === null) return '"null"';
  return JSON.stringify(value);
}

type Where = FieldPath | string;

export const fieldRequired = (path: Where, detail = ''): FieldError => new FieldError('FieldValueRequired', path, undefined, detail);
export const fieldInvalid = (path: Where, value: unknown, detail: string): FieldError =>
  new FieldError('FieldValueInvalid', path, show(value), detail);
export const fieldTypeInvalid = (path: Where, value: unknown, detail: string): FieldError =>
  new FieldError('FieldValueTypeInvalid', path, show(value), detail);
export const fieldDuplicate = (path: Where, value: unknown): FieldError => new FieldError('FieldValueDuplicate', path, show(value), '');
export const fieldForbidden = (path: Where, detail: string): FieldError => new FieldError('FieldValueForbidden', path, undefined, detail);
export const fieldNotFound = (path: Where, value: unknown): FieldError => new FieldError('FieldValueNotFound', path, show(value), '');
export const fieldInternal = (path: Where, detail: string): FieldError => new FieldError('InternalError', path, undefined, detail);

/** `supported` is shown in the order given. */
export const fieldNotSupported = (path: Where, value: unknown, supported: readonly string[]): FieldError =>
  new FieldError(
    'FieldValueNotSupported',
    path,
    show(value),
    supported.length === 0 ? '' : `supported values: ${supported.map((item) => JSON.stringify(item)).join(', ')}`,
  );

/** The value itself is not repeated: it is long. `max` in bytes; negative when it is not worth telling. */
export const fieldTooLong = (path: Where, max: number): FieldError =>
  new FieldError(
    'FieldValueTooLong',
    path,
    undefined,
    max < 0 ? 'value is too long' : `may not be more than ${max} byte${max === 1 ? '' : 's'}`,
  );

/** A negative `actual` is not shown, a negative `max` is not told. */
export const fieldTooMany = (path: Where, actual: number, max: number): FieldError =>
  new FieldError(
    'FieldValueTooMany',
    path,
    actual < 0 ? undefined : String(actual),
    max < 0 ? 'has too many items' : `must have at most ${max} item${max === 1 ? '' : 's'}`,
  );
