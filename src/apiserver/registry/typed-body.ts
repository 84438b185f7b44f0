import { codecOf } from '#api';
import type { Scale } from '#api/generated/autoscaling-v1.ts';
import type { Binding } from '#api/generated/core-v1.ts';
import type { Eviction } from '#api/generated/policy-v1.ts';
import { badRequest, type DeleteOptions, type KubeObject } from '#apimachinery';

type Name = readonly [group: string, version: string, kind: string];

const NAMES = {
  Scale: ['autoscaling', 'v1', 'Scale'],
  Eviction: ['policy', 'v1', 'Eviction'],
  Binding: ['', 'v1', 'Binding'],
  TokenRequest: ['authentication.k8s.io', 'v1', 'TokenRequest'],
  DeleteOptions: ['meta.k8s.io', 'v1', 'DeleteOptions'],
} satisfies Record<string, Name>;

export type TypedBody = keyof typeof NAMES;

interface Typed {
  Scale: Scale;
  Eviction: Eviction;
  Binding: Binding;
  TokenRequest: KubeObject;
  DeleteOptions: KubeObject & DeleteOptions;
}

/** The body of a request that is about another kind than its path's resource. Throws 400 for what is no such object. */
export function decodeTyped<K extends TypedBody>(kind: K, value: unknown): Typed[K] {
  const [group, version] = NAMES[kind];
  const codec = codecOf(group, version, kind);
  if (codec === undefined) throw new TypeError(`the API's description has no ${kind}`);
  const { object } = codec.decode<Typed[K]>(value);
  if (object.kind !== undefined && object.kind !== '' && object.kind !== kind)
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): got ${object.kind}`);
  return object;
}

/** The options in a deletion's body; none for an empty one. Throws 400. */
export function decodeDeleteOptions(value: unknown): DeleteOptions {
  if (value === undefined) return {};
  const { kind: _kind, apiVersion: _apiVersion, ...options } = decodeTyped('DeleteOptions', value);
  return options;
}
