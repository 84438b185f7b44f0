/** Whether an API server is there. */
export interface Verdict {
  status: 'True' | 'False';
  reason: string;
  message: string;
}

export function isSame(a: Partial<Verdict> | { status: string; reason?: string; message?: string } | undefined, b: Verdict): boolean {
  return a !== undefined && a.status === b.status && a.reason === b.reason && a.message === b.message;
}

export function isTimedOut(error: unknown, deadline: AbortSignal): boolean {
  return deadline.aborted && error instanceof Error;
}
