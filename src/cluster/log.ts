/** Writes one line of a component's log: when, who, what, and why if something went wrong. */
export type Log = (component: string, message: string, error?: unknown) => void;

export const stderrLog: Log = (component, message, error) => {
  const why = error === undefined ? '' : `: ${error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error)}`;
  process.stderr.write(`${new Date().toISOString()} ${component}: ${message}${why}\n`);
};

/** A log that cannot be written, because the disk is full, must not end the process that writes it. */
export function outliveLogFailures(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
