import { mkdir, rm } from 'node:fs/promises';
import type { ProjectedVolumeSource, Volume } from '#api/generated/core-v1.ts';
import { writeAtomically, type PayloadFile } from './atomic-writer.ts';
import { fileGroupMode, podFsGroup, podFsUser } from './ownership.ts';
import { configMapFiles, DEFAULT_MODE, downwardFiles, secretFiles } from './payloads.ts';
import type { MountedVolume, VolumeContext } from './volume-context.ts';

interface Content {
  files: Map<string, PayloadFile>;
  refreshAt?: number;
}

const DEFAULT_TOKEN_SECONDS = 3600;
const TOKEN_MODE_WITH_OWNER = 0o600;

async function projectedContent(context: VolumeContext, source: ProjectedVolumeSource): Promise<Content> {
  const mode = source.defaultMode ?? DEFAULT_MODE;
  const files = new Map<string, PayloadFile>();
  let refreshAt: number | undefined;
  const addAll = (more: Map<string, PayloadFile>): void => more.forEach((file, path) => files.set(path, file));
  for (const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } of source.sources ?? []) {
    if (configMap) addAll(await configMapFiles(context, { ...configMap, name: configMap.name ?? '', mode }));
    if (secret) addAll(await secretFiles(context, { ...secret, name: secret.name ?? '', mode }));
    if (downwardAPI) addAll(downwardFiles(context, downwardAPI.items ?? [], mode));
    if (serviceAccountToken) {
      const { audience = '', expirationSeconds = DEFAULT_TOKEN_SECONDS, path } = serviceAccountToken;
      const token = await context.tokens.token(context.pod, audience, expirationSeconds);
      const uid = podFsUser(context.pod);
      const owned = uid !== undefined || podFsGroup(context.pod) !== undefined;
      files.set(path, { content: Buffer.from(token.value), mode: owned ? TOKEN_MODE_WITH_OWNER : mode, uid });
      refreshAt = Math.min(refreshAt ?? Infinity, token.refreshAt);
    }
    if (clusterTrustBundle) throw new Error('clusterTrustBundle projection is not supported by this kubelet');
    if (podCertificate) throw new Error('podCertificate projection is not supported by this kubelet');
  }
  return { files, refreshAt };
}

/** The files of a volume whose content comes from the API; undefined for other volumes. */
function contentOf(context: VolumeContext, volume: Volume): (() => Promise<Content>) | undefined {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap)
    return async () => ({
      files: await configMapFiles(context, { ...configMap, name: configMap.name ?? '', mode: configMap.defaultMode ?? DEFAULT_MODE }),
    });
  if (secret)
    return async () => ({
      files: await secretFiles(context, { ...secret, name: secret.secretName ?? '', mode: secret.defaultMode ?? DEFAULT_MODE }),
    });
  if (downwardAPI) return async () => ({ files: downwardFiles(context, downwardAPI.items ?? [], downwardAPI.defaultMode ?? DEFAULT_MODE) });
  if (projected) return () => projectedContent(context, projected);
  return undefined;
}

function kindOf(volume: Volume): string {
  if (volume.configMap) return 'configmap';
  if (volume.secret) return 'secret';
  return volume.projected ? 'projected' : 'downward-api';
}

/** Sets up a configMap, secret, downwardAPI or projected volume; undefined for other volumes. */
export async function setUpContentVolume(context: VolumeContext, volume: Volume): Promise<MountedVolume | undefined> {
  const content = contentOf(context, volume);
  if (content === undefined) return undefined;
  // Config maps are no secrets and may be large; everything else stays in memory.
  const base = volume.configMap ? `${context.podDirectory}/volumes` : context.secretDirectory;
  const path = `${base}/kubernetes.io~${kindOf(volume)}/${volume.name}`;
  const group = podFsGroup(context.pod);
  let refreshAt: number | undefined;
  const refresh = async (): Promise<void> => {
    const { files, refreshAt: next } = await content();
    const grouped =
      group === undefined ? files : new Map([...files].map(([name, file]) => [name, { ...file, mode: fileGroupMode(file.mode) }]));
    await writeAtomically(path, grouped, group);
    refreshAt = next;
  };
  await mkdir(path, { recursive: true });
  await refresh();
  return {
    path,
    readOnly: true,
    refresh,
    refreshAt: () => refreshAt,
    tearDown: () => rm(path, { recursive: true, force: true }),
  };
}
