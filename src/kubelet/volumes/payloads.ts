import { isNotFound } from '#apimachinery';
import type { ConfigMap, DownwardAPIVolumeFile, KeyToPath, Pod, Secret } from '#api/generated/core-v1.ts';
import { fieldValue, resourceFieldValue } from '../environment/index.ts';
import type { PayloadFile } from './atomic-writer.ts';
import type { VolumeContext } from './volume-context.ts';

export const DEFAULT_MODE = 0o644;

function pick(
  values: Map<string, Buffer>,
  items: readonly KeyToPath[] | undefined,
  mode: number,
  optional: boolean,
): Map<string, PayloadFile> {
  const files = new Map<string, PayloadFile>();
  if (items === undefined || items.length === 0) {
    for (const [key, content] of values) files.set(key, { content, mode });
    return files;
  }
  for (const item of items) {
    const content = values.get(item.key);
    if (content !== undefined) files.set(item.path, { content, mode: item.mode ?? mode });
    else if (!optional) throw new Error(`references non-existent config key: ${item.key}`);
  }
  return files;
}

function valuesOf(object: ConfigMap): Map<string, Buffer> {
  const values = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(object.data ?? {})) values.set(key, Buffer.from(value));
  for (const [key, value] of Object.entries(object.binaryData ?? {})) values.set(key, Buffer.from(value, 'base64'));
  return values;
}

function secretValues(secret: Secret): Map<string, Buffer> {
  return new Map(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]));
}

interface Selection {
  name: string;
  items?: readonly KeyToPath[];
  optional?: boolean;
  mode: number;
}

async function orNothing(selection: Selection, get: () => Promise<Map<string, Buffer>>): Promise<Map<string, PayloadFile>> {
  const { items, mode, optional = false } = selection;
  try {
    return pick(await get(), items, mode, optional);
  } catch (error) {
    if (optional && isNotFound(error)) return new Map();
    throw error;
  }
}

/** Throws when the config map, or a key that is asked for, is absent and not optional. */
export function configMapFiles(context: VolumeContext, selection: Selection): Promise<Map<string, PayloadFile>> {
  const { namespace = '' } = context.pod.metadata;
  return orNothing(selection, async () => valuesOf(await context.objects.configMap(namespace, selection.name)));
}

export function secretFiles(context: VolumeContext, selection: Selection): Promise<Map<string, PayloadFile>> {
  const { namespace = '' } = context.pod.metadata;
  return orNothing(selection, async () => secretValues(await context.objects.secret(namespace, selection.name)));
}

/** The pod's own fields as files. */
export function downwardFiles(context: VolumeContext, items: readonly DownwardAPIVolumeFile[], mode: number): Map<string, PayloadFile> {
  const files = new Map<string, PayloadFile>();
  for (const item of items)
    files.set(item.path, { content: Buffer.from(downwardValue(context, context.pod, item)), mode: item.mode ?? mode });
  return files;
}

function downwardValue(context: VolumeContext, pod: Pod, item: DownwardAPIVolumeFile): string {
  if (item.fieldRef !== undefined) return fieldValue(pod, item.fieldRef.fieldPath, context.node, context.podIPs());
  const own = pod.spec.containers[0];
  if (item.resourceFieldRef === undefined || own === undefined) return '';
  return resourceFieldValue(pod, own, item.resourceFieldRef, context.node);
}
