import { jsonEqual, type KubeObject } from '#apimachinery';
import type { Conversion } from '../registry/served-resource.ts';
import type { Json } from './schema/schema.ts';
import type { VersionSchema } from './version-schema.ts';

/**
 * What is done to an object that was stored under an older definition when it is read: it takes the present storage
 * version, fields that are no longer there go, and new defaults come in. Says whether anything has changed.
 */
export function upgrading(
  apiVersion: string,
  kind: string,
  schema: VersionSchema,
  conversion: Conversion | undefined,
): (object: KubeObject) => boolean {
  return (object) => {
    // Another version's object is a webhook's to convert, when somebody asks for it.
    if (conversion !== undefined && object.apiVersion !== apiVersion) return false;
    const { metadata, ...rest } = object;
    const pruned = schema.prune(rest, '', undefined) as Json;
    schema.fillIn(pruned);
    pruned['apiVersion'] = apiVersion;
    pruned['kind'] = kind;
    if (jsonEqual(pruned, rest)) return false;
    for (const field of Object.keys(rest)) delete (object as unknown as Json)[field];
    Object.assign(object, pruned, { metadata });
    return true;
  };
}
