import { createHash } from 'node:crypto';
import type { Architecture } from './architecture.ts';
import { FILE_TIME, writeTar, type TarEntry } from './tar/index.ts';

/** How containers of an image run, in the field names of the OCI image configuration. */
export interface ImageConfig {
  Env?: readonly string[];
  Entrypoint?: readonly string[];
  Cmd?: readonly string[];
  WorkingDir?: string;
  User?: string;
  ExposedPorts?: Readonly<Record<string, object>>;
  Volumes?: Readonly<Record<string, object>>;
  StopSignal?: string;
  Labels?: Readonly<Record<string, string>>;
}

export interface OciArchive {
  /** A tar file as `ctr images import` and other tools take it. The image in it has no name. */
  archive: Buffer;
  /** The manifest's: what `name@sha256:…` means. */
  digest: string;
}

const CREATED = new Date(FILE_TIME * 1000).toISOString().replace('.000', '');
const MEDIA = 'application/vnd.oci.image';

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** Packs an image of one layer. The layer is left uncompressed: nobody sends it over a network, and its digest does not depend on a compressor's version. */
export function ociArchive(files: readonly TarEntry[], config: ImageConfig, architecture: Architecture): OciArchive {
  const blobs: TarEntry[] = [];
  const put = (type: string, data: Buffer): Descriptor => {
    const hex = createHash('sha256').update(data).digest('hex');
    blobs.push({ path: `blobs/sha256/${hex}`, type: 'file', mode: 0o644, data });
    return { mediaType: `${MEDIA}.${type}`, digest: `sha256:${hex}`, size: data.length };
  };
  const layer = put('layer.v1.tar', writeTar(files));
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const history = [{ created: CREATED, created_by: 'skiff' }];
  const image = put('config.v1+json', json({ created: CREATED, architecture, os: 'linux', config, rootfs, history }));
  const manifest = put(
    'manifest.v1+json',
    json({ schemaVersion: 2, mediaType: `${MEDIA}.manifest.v1+json`, config: image, layers: [layer] }),
  );
  const index = {
    schemaVersion: 2,
    mediaType: `${MEDIA}.index.v1+json`,
    manifests: [{ ...manifest, platform: { architecture, os: 'linux' } }],
  };
  const folders: TarEntry[] = ['blobs', 'blobs/sha256'].map((path) => ({ path, type: 'directory', mode: 0o755 }));
  const head: TarEntry[] = [
    { path: 'index.json', type: 'file', mode: 0o644, data: json(index) },
    { path: 'oci-layout', type: 'file', mode: 0o644, data: json({ imageLayoutVersion: '1.0.0' }) },
  ];
  return { archive: writeTar([...head, ...folders, ...blobs]), digest: manifest.digest };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** How much of an archive's beginning `archiveDigest` needs. */
export const INDEX_BYTES = 4096;

/** The manifest's digest, from the first bytes of an archive that `ociArchive` made. Undefined when it is none. */
export function archiveDigest(beginning: Buffer): string | undefined {
  return /"digest":"(sha256:[0-9a-f]{64})"/.exec(beginning.toString('latin1', 0, INDEX_BYTES))?.[1];
}
