import type { Disk } from './disk.ts';
import { corrupt, noSpace } from './errors.ts';
import type { AlarmType } from './types.ts';

/** The file's size is looked at once in so many puts, and in so many bytes that they bring. */
const PUTS = 1000;
const BYTES = 4 * 1024 * 1024;

/** Watches the file's size. Over the quota it raises NOSPACE, which stays until somebody disarms it. */
export class Space {
  readonly #disk: Disk;
  readonly #quotaBytes: number;
  readonly #alarms: Set<AlarmType>;
  /** A small quota is watched more closely. */
  readonly #step: number;
  #puts = PUTS;
  #bytes = 0;

  constructor(disk: Disk, quotaBytes: number) {
    this.#disk = disk;
    this.#quotaBytes = quotaBytes;
    this.#step = Math.min(BYTES, quotaBytes / 64);
    this.#alarms = new Set((disk.tables.meta.get('alarms') as AlarmType[] | undefined) ?? []);
  }

  /** Throws when nothing more may be put; `bytes` are about to be. */
  check(bytes: number): void {
    if (this.#alarms.has('NOSPACE')) throw noSpace();
    if (this.#alarms.has('CORRUPT')) throw corrupt();
    this.#bytes += bytes;
    if (this.#quotaBytes === 0 || (++this.#puts < PUTS && this.#bytes < this.#step)) return;
    this.#puts = 0;
    this.#bytes = 0;
    if (this.#disk.size().total <= this.#quotaBytes) return;
    void this.raise('NOSPACE').catch(() => {});
    throw noSpace();
  }

  raise(alarm: AlarmType): Promise<void> {
    this.#alarms.add(alarm);
    return this.#save();
  }

  disarm(alarm: AlarmType): Promise<void> {
    if (!this.#alarms.delete(alarm)) return Promise.resolve();
    return this.#save();
  }

  status(): { dbSize: number; dbSizeInUse: number; quotaBytes: number; alarms: AlarmType[] } {
    const { total, used } = this.#disk.size();
    return { dbSize: total, dbSizeInUse: used, quotaBytes: this.#quotaBytes, alarms: [...this.#alarms] };
  }

  #save(): Promise<void> {
    const alarms = [...this.#alarms];
    return new Promise((resolve, reject) => {
      this.#disk.write({
        bytes: 0,
        apply: ({ meta }) => void meta.put('alarms', alarms),
        committed: resolve,
        failed: reject,
      });
    });
  }
}
