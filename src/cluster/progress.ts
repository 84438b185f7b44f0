/** Tells a person what is being done while it is done: a line for each step, with its time when it has ended. */
export interface Progress {
  /** Runs one step. The line is finished with its time, or with a cross when it throws. */
  step<R>(title: string, work: () => Promise<R>): Promise<R>;
  /** A line of its own. */
  say(line: string): void;
}

const CLEAR = '\r\u001b[2K';

/** Writes to a terminal (the running step is shown at once) or to a file (only finished lines). */
export function textProgress(out: NodeJS.WriteStream = process.stderr): Progress {
  return {
    async step(title, work) {
      const started = performance.now();
      if (out.isTTY) out.write(`  ${title} …`);
      const finish = (mark: string): void => {
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        out.write(`${out.isTTY ? CLEAR : ''}${mark} ${title} (${seconds} s)\n`);
      };
      try {
        const result = await work();
        finish('✓');
        return result;
      } catch (error) {
        finish('✗');
        throw error;
      }
    },
    say: (line) => void out.write(`${line}\n`),
  };
}

/** For programs: says nothing. */
export const silentProgress: Progress = { step: (_title, work) => work(), say: () => undefined };
