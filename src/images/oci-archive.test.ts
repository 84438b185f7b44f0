import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { archiveDigest, ociArchive } from './oci-archive.ts';
import { readTar, type TarEntry } from './tar/index.ts';

const FILES: TarEntry[] = [{ path: 'hello', type: 'file', mode: 0o755, data: Buffer.from('hi') }];
const CONFIG = { Cmd: ['/hello'], Env: ['PATH=/'] };

function contents(archive: Buffer): Map<string, Buffer> {
  return new Map([...readTar(archive)].flatMap((entry) => (entry.type === 'file' ? [[entry.path, entry.data] as const] : [])));
}

function parse(files: Map<string, Buffer>, path: string): unknown {
  return JSON.parse(String(files.get(path)));
}

const blob = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

test('the index leads to the manifest, the manifest to configuration and layer', () => {
  const { archive, digest } = ociArchive(FILES, CONFIG, 'amd64');
  const files = contents(archive);
  expect(parse(files, 'oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' });
  expect(parse(files, 'index.json')).toMatchObject({
    schemaVersion: 2,
    manifests: [{ digest, platform: { architecture: 'amd64', os: 'linux' } }],
  });
  const manifest = parse(files, blob(digest)) as { config: { digest: string }; layers: { digest: string; size: number }[] };
  const layer = files.get(blob(manifest.layers[0]?.digest ?? ''));
  expect([...readTar(layer ?? Buffer.alloc(0))]).toEqual(FILES);
  expect(parse(files, blob(manifest.config.digest))).toMatchObject({
    architecture: 'amd64',
    os: 'linux',
    config: CONFIG,
    rootfs: { diff_ids: [manifest.layers[0]?.digest] },
  });
});

test('every blob is named by its digest', () => {
  const blobs = [...contents(ociArchive(FILES, CONFIG, 'arm64').archive)].filter(([path]) => path.startsWith('blobs/'));
  expect(blobs).toHaveLength(3);
  for (const [path, data] of blobs) expect(path).toBe(`blobs/sha256/${createHash('sha256').update(data).digest('hex')}`);
});

test('the same files and configuration make the same image, others another', () => {
  const { digest } = ociArchive(FILES, CONFIG, 'amd64');
  expect(ociArchive(FILES, CONFIG, 'amd64').digest).toBe(digest);
  expect(ociArchive(FILES, { Cmd: ['/other'] }, 'amd64').digest).not.toBe(digest);
});

test("the digest can be read from the archive's beginning", () => {
  const { archive, digest } = ociArchive(FILES, CONFIG, 'amd64');
  expect(archiveDigest(archive.subarray(0, 4096))).toBe(digest);
  expect(archiveDigest(Buffer.from('something else'))).toBeUndefined();
});
