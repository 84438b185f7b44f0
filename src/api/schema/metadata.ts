import type { ObjectMeta, StructSchema } from '#apimachinery';
import { decoderOf } from './decoder.ts';
import { structDescription } from './descriptions.ts';
import { mergeSchemaOf } from './merge-schema.ts';
import { explainMismatch } from './mismatch.ts';
import { MISMATCH } from './scalars.ts';
import type { StructDescription } from './types.ts';

function objectMeta(): StructDescription {
  const description = structDescription('meta-v1', 'ObjectMeta');
  if (description === undefined) throw new Error('the facts do not describe ObjectMeta');
  return description;
}

/**
 * The metadata of an object whose kind is not described (custom resources): known fields only, in canonical form.
 * Throws an Error with Go's message for a value of a wrong type.
 */
export function decodeMetadata(value: unknown): ObjectMeta {
  try {
    return decoderOf(objectMeta())(value, { counting: false, hasUnknown: false }) as unknown as ObjectMeta;
  } catch (error) {
    if (error !== MISMATCH) throw error;
    throw new Error(explainMismatch(objectMeta(), value) ?? 'json: cannot unmarshal metadata', { cause: error });
  }
}

/** How metadata merges: for the schemas of custom resources. */
export function metadataSchema(): StructSchema {
  return mergeSchemaOf(objectMeta());
}
