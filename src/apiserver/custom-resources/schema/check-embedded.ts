import { decodeMetadata } from '#api';
import { FieldPath, fieldInvalid, fieldRequired, parseApiVersion, validateObjectMeta } from '#apimachinery';
import type { Check } from './check.ts';
import { fieldPath, isJson } from './schema.ts';

/** Checks type and metadata of an object within an object. */
export const embeddedResourceCheck: Check = (value, _old, path, run) => {
  if (!isJson(value)) return;
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || apiVersion === '')
    run.errors.push(fieldRequired(fieldPath(path, 'apiVersion'), 'must not be empty'));
  else if (apiVersion.split('/').length > 2 || parseApiVersion(apiVersion).version === '')
    run.errors.push(fieldInvalid(fieldPath(path, 'apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  if (typeof kind !== 'string' || kind === '') run.errors.push(fieldRequired(fieldPath(path, 'kind'), 'must not be empty'));
  if (metadata === undefined) return;
  try {
    const meta = decodeMetadata(metadata);
    const namespaced = meta.namespace !== undefined;
    const errors = validateObjectMeta(meta, { namespaced, path: new FieldPath(fieldPath(path, 'metadata')) });
    // A template needs no name.
    run.errors.push(...errors.filter(({ type }) => type !== 'FieldValueRequired'));
  } catch (error) {
    run.errors.push(fieldInvalid(fieldPath(path, 'metadata'), metadata, error instanceof Error ? error.message : String(error)));
  }
};
