/** Something that a person can put right: shown as it is, with what to do, and without a stack. */
export class Failure extends Error {
  /** What to do about it. */
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.remedy = remedy;
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
