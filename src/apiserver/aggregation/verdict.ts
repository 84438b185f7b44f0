/** Whether an API server is there. */
export interface Verdict {
  status: 'True' | 'False';
  reason: string;
  message: string;
}

/** Whether a condition says the same already. */
export function isSame(a: { status: string; reason?: string; message?: string } | undefined, b: Verdict): boolean {
  return a !== undefined && a.status === b.status && a.reason === b.reason && a.message === b.message;
}
