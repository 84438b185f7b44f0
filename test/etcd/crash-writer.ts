import { writeSync } from 'node:fs';
import { openEtcd } from '#etcd';

/** Run as a process of its own: writes with 32 writers until it is killed, and tells each acknowledged write. */
const [dir = '', round = ''] = process.argv.slice(2);
const etcd = await openEtcd({ dir, retentionMs: 50 });
writeSync(1, `open ${etcd.revision}\n`);

async function write(writer: number): Promise<never> {
  for (let count = 0; ; count++) {
    const value = Buffer.alloc(200 + ((writer * 37 + count * 101) % 3000), `${round}.${writer}.${count};`);
    // Every third write replaces: with the short history there is always something to compact.
    const key = count % 3 === 0 ? `/hot/${writer}` : `/${round}/${writer}/${count}`;
    const { revision } = await etcd.put({ key, value });
    writeSync(1, `${revision} ${key} ${value.length}\n`);
  }
}

try {
  await Promise.all(Array.from({ length: 32 }, (_, writer) => write(writer)));
} catch (error) {
  writeSync(1, `failed ${String(error)}\n`);
  await etcd.close();
}
