import { cannotBeHandled, decodeMetadata, hasDuplicateKeys, structDescription } from '#api';
import { badRequest, type KubeObject } from '#apimachinery';
import type { Body } from '../registry/request.ts';
import type { Conversion, Decoder } from '../registry/served-resource.ts';
import { duplicateFields } from './schema/duplicate-fields.ts';
import { isJson, type Json } from './schema/schema.ts';
import type { VersionSchema } from './version-schema.ts';

/** What of a version of a custom resource the registry needs to read its objects. */
export function customDecoder(apiVersion: string, kind: string, schema: VersionSchema, conversion: Conversion | undefined): Decoder {
  const as = { version: apiVersion.slice(apiVersion.indexOf('/') + 1), kind };
  return {
    conversion,
    get schema() {
      return schema.merge;
    },
    openApiSchema: schema.source as Json,
    decode({ value, raw }: Body, report): KubeObject {
      if (!isJson(value)) throw badRequest(`the object provided is no ${kind} of ${apiVersion}`);
      const tell = report === undefined ? undefined : (path: string): void => report(`unknown field ${JSON.stringify(path)}`);
      const { metadata: given, ...rest } = value;
      const metadata = readMetadata(given ?? {}, as, tell);
      const pruned = schema.prune(rest, '', tell) as Json;
      if (report !== undefined && raw !== undefined && hasDuplicateKeys(raw, value))
        for (const path of duplicateFields(raw)) report(`duplicate field ${JSON.stringify(path)}`);
      const object = { kind: pruned['kind'], apiVersion: pruned['apiVersion'], metadata, ...pruned } as KubeObject;
      schema.fillIn(object);
      return object;
    },
  };
}

let metadataFields: ReadonlySet<string> | undefined;

function readMetadata(
  value: unknown,
  as: { version: string; kind: string },
  tell: ((path: string) => void) | undefined,
): KubeObject['metadata'] {
  if (tell !== undefined && isJson(value)) {
    metadataFields ??= new Set(structDescription('meta-v1', 'ObjectMeta')?.fields.map(({ name }) => name));
    for (const name of Object.keys(value)) if (!metadataFields.has(name)) tell(`metadata.${name}`);
  }
  try {
    return decodeMetadata(value);
  } catch (error) {
    throw cannotBeHandled(as, error instanceof Error ? error.message : String(error), error);
  }
}
