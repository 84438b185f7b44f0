import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const run = promisify(execFile);
const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

async function rootFileSystem(directory: string): Promise<void> {
  for (const name of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'root']) await mkdir(join(directory, name), { recursive: true });
  await chmod(join(directory, 'tmp'), 0o1777);
  await copyFile('/bin/busybox', join(directory, 'bin/busybox'));
  const { stdout } = await run('/bin/busybox', ['--list']);
  for (const applet of stdout.trim().split('\n'))
    if (applet !== 'busybox') await symlink('busybox', join(directory, 'bin', applet)).catch(() => {});
  await writeFile(join(directory, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n');
  await writeFile(join(directory, 'etc/group'), 'root:x:0:\n');
}

/** An OCI image of one layer with Debian's static busybox, as a tar file. */
async function packImage(directory: string, name: string, config: object): Promise<string> {
  const tar = join(directory, 'layer.tar');
  await run('tar', ['-C', join(directory, 'rootfs'), '--owner=0', '--group=0', '--numeric-owner', '-cf', tar, '.']);
  const layer = await readFile(tar);
  const packed = gzipSync(layer, { level: 1 });
  const blobs = join(directory, 'oci/blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const put = async (data: Buffer): Promise<{ digest: string; size: number }> => {
    await writeFile(join(blobs, digest(data)), data);
    return { digest: `sha256:${digest(data)}`, size: data.length };
  };
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const image = await put(
    json({ architecture: 'amd64', os: 'linux', config, rootfs: { type: 'layers', diff_ids: [`sha256:${digest(layer)}`] }, history: [{}] }),
  );
  const manifest = await put(
    json({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...image },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...(await put(packed)) }],
    }),
  );
  const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name.split(':').pop() };
  await writeFile(join(directory, 'oci/oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(directory, 'oci/index.json'),
    json({ schemaVersion: 2, manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', ...manifest, annotations }] }),
  );
  const output = join(directory, `${digest(Buffer.from(name)).slice(0, 8)}.tar`);
  await run('tar', ['-C', join(directory, 'oci'), '-cf', output, '.']);
  await rm(join(directory, 'oci'), { recursive: true });
  return output;
}

/** Imports `busybox:1.36`, `nonroot:1` and the sandbox image into a containerd. */
export async function importTestImages(socket: string, sandboxImage: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-images-'));
  try {
    await rootFileSystem(join(directory, 'rootfs'));
    const images: [string, object][] = [
      ['docker.io/library/busybox:1.36', { Env: ['PATH=/bin'], Cmd: ['sh'] }],
      ['docker.io/library/nonroot:1', { Env: ['PATH=/bin'], Cmd: ['sh'], User: '65534' }],
      [sandboxImage, { Env: ['PATH=/bin'], Entrypoint: ['/bin/sleep', '2147483647'] }],
    ];
    for (const [name, config] of images) {
      const tar = await packImage(directory, name, config);
      await run('ctr', [
        '--address',
        socket,
        '--namespace',
        'k8s.io',
        'images',
        'import',
        '--digests',
        '--base-name',
        name.split(':')[0] ?? name,
        tar,
      ]);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
