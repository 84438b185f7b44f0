import { crc32 } from 'node:zlib';
import type { Disk } from './disk.ts';

const STEP = 1000;
const HEADER = Buffer.alloc(20);

/** Checksum of the history up to `revision`, read from one transaction, other work going on between its steps. */
export async function hashHistory(disk: Disk, revision: number): Promise<number> {
  using held = disk.hold();
  let hash = 0;
  let count = 0;
  for (const { key: main, value: changes } of held.tables.history.getRange({ start: 1, end: revision + 1 })) {
    for (const change of changes) {
      HEADER.writeDoubleLE(main);
      HEADER.writeUInt32LE(change.sub, 8);
      HEADER.writeDoubleLE(change.version, 12);
      hash = crc32(change.value, crc32(Buffer.from(change.key, 'latin1'), crc32(HEADER, hash)));
    }
    if (++count % STEP === 0) await new Promise(setImmediate);
  }
  return hash;
}
