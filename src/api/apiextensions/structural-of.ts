import type { JSONSchemaProps } from '../generated/apiextensions-v1.ts';

const PRESERVE = 'x-kubernetes-preserve-unknown-fields';

/**
 * A structural schema that accepts what a schema of v1beta1 accepts and prunes nothing: types that the schema only
 * implies are written down, and unknown fields are kept everywhere. Without a schema: any object.
 */
export function structuralOf(schema: JSONSchemaProps | undefined): JSONSchemaProps {
  return { ...place(schema ?? {}), type: 'object', [PRESERVE]: true };
}

function place(schema: JSONSchemaProps): JSONSchemaProps {
  const { properties, items, additionalProperties } = schema;
  const result: JSONSchemaProps = { ...schema };
  if (properties !== undefined) {
    result.properties = Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, place(child)]));
  }
  if (typeof additionalProperties === 'object') result.additionalProperties = place(additionalProperties);
  if (items !== undefined && !Array.isArray(items)) result.items = place(items);
  if (schema.type || schema['x-kubernetes-int-or-string']) return keepUnknown(result);
  if (properties !== undefined || additionalProperties !== undefined) return keepUnknown({ ...result, type: 'object' });
  if (items !== undefined) return { ...result, type: 'array' };
  return { ...result, [PRESERVE]: true };
}

function keepUnknown(schema: JSONSchemaProps): JSONSchemaProps {
  return schema.type === 'object' && schema.additionalProperties === undefined ? { ...schema, [PRESERVE]: true } : schema;
}
