import { codecOf } from '#api';
import { applyStrategicMergePatch, internalError, type KubeObject } from '#apimachinery';
import { applyConfiguration } from './managed-fields.ts';
import type { SchemaPatcher } from './patch.ts';
import type { Body } from './request.ts';
import type { Decoder, ServedResource } from './served-resource.ts';

/** The decoder of a kind that the API describes. Throws a plain Error for one that it does not: a mistake of the program. */
export function describedDecoder(group: string, version: string, kind: string): Decoder {
  const codec = codecOf(group, version, kind);
  if (codec === undefined) throw new Error(`the API's description has no ${kind} in ${group}/${version}`);
  return {
    decode({ value, raw }: Body, report): KubeObject {
      const { object, problems } = codec.decode<KubeObject>(value, { findProblems: report !== undefined, text: raw });
      if (report !== undefined) for (const problem of problems) report(problem);
      return object;
    },
  };
}

/** Patches that need to know the types: strategic merge patch by the merge keys of the API's description. */
export const describedPatcher: SchemaPatcher = {
  strategic(served: ServedResource, object: KubeObject, patch: Record<string, unknown>): KubeObject {
    const codec = codecOf(served.group, served.version, served.kind);
    if (codec === undefined) throw internalError(`${served.apiVersion} ${served.kind} has no schema`);
    return applyStrategicMergePatch(object, patch, codec.schema);
  },
  apply: applyConfiguration,
};
