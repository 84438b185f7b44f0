import { differenceOf, emptyFieldSet, unionOf, type FieldSet } from '../fieldset/field-set.ts';
import type { KubeObject } from '../object.ts';
import type { Schema } from '../patch/schema.ts';
import { TOTAL_ANNOTATION_SIZE_LIMIT } from '../validation/object-meta.ts';
import { compareObjects } from './compare.ts';
import { fieldSetOf } from './field-set-of.ts';

/** Where client-side apply keeps the configuration that it applied last. */
export const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/** The annotation's text for a configuration: JSON with sorted keys and a line's end, without the annotation itself. */
export function lastAppliedConfiguration(configuration: KubeObject): string {
  const { managedFields: _, annotations, ...metadata } = configuration.metadata;
  const { [LAST_APPLIED_ANNOTATION]: __, ...others } = annotations ?? {};
  const shown = annotations === undefined ? metadata : { ...metadata, annotations: others };
  return `${JSON.stringify(sorted({ ...configuration, metadata: shown }))}\n`;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, child]) => [key, sorted(child)]));
}

/** The fields that client-side apply has set and that still have its values: kubectl may take them over. */
export function clientAppliedFields(live: KubeObject, schema: Schema): FieldSet {
  const text = live.metadata.annotations?.[LAST_APPLIED_ANNOTATION];
  if (text === undefined) return emptyFieldSet;
  try {
    const applied = JSON.parse(text) as KubeObject;
    const fields = fieldSetOf(applied, schema);
    const comparison = compareObjects(applied, live, schema);
    if (comparison === undefined) return fields;
    return differenceOf(fields, unionOf(comparison.modified, unionOf(comparison.added, comparison.removed)));
  } catch (error) {
    if (error instanceof Error) return emptyFieldSet;
    throw error;
  }
}

/**
 * Keeps the annotation true when kubectl goes on with server-side apply, so that it can go back. Objects without the
 * annotation, or in which it is true already, come back as they are.
 */
export function withLastApplied(object: KubeObject, configuration: KubeObject): KubeObject {
  const { [LAST_APPLIED_ANNOTATION]: old, ...others } = object.metadata.annotations ?? {};
  if (old === undefined) return object;
  const text = lastAppliedConfiguration(configuration);
  if (text === old) return object;
  let size = Buffer.byteLength(text) + LAST_APPLIED_ANNOTATION.length;
  for (const key in others) size += Buffer.byteLength(key) + Buffer.byteLength(others[key]!);
  const annotations = size > TOTAL_ANNOTATION_SIZE_LIMIT ? others : { ...others, [LAST_APPLIED_ANNOTATION]: text };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
