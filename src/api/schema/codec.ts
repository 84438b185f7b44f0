import { badRequest, type StatusError, type StructSchema } from '#apimachinery';
import { decoderOf, type DecodeState, type StructDecoder } from './decoder.ts';
import { kindDescription } from './descriptions.ts';
import { findFieldProblems, hasDuplicateKeys } from './field-problems.ts';
import { mergeSchemaOf } from './merge-schema.ts';
import { explainMismatch } from './mismatch.ts';
import { MISMATCH } from './scalars.ts';
import type { Decoded, DecodeOptions, KindCodec, StructDescription } from './types.ts';

const codecs = new Map<string, KindCodec | undefined>();

/** The codec of a kind in one of its versions; undefined for a kind that the API does not describe (custom resources). */
export function codecOf(group: string, version: string, kind: string): KindCodec | undefined {
  const key = `${group}/${version}/${kind}`;
  if (codecs.has(key)) return codecs.get(key);
  const description = kindDescription(group, version, kind);
  const codec = description === undefined ? undefined : new DescribedKind(group, version, description);
  codecs.set(key, codec);
  return codec;
}

class DescribedKind implements KindCodec {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly description: StructDescription;
  #decoder: StructDecoder | undefined;

  constructor(group: string, version: string, description: StructDescription) {
    this.group = group;
    this.version = version;
    this.kind = description.name;
    this.description = description;
  }

  get schema(): StructSchema {
    return mergeSchemaOf(this.description);
  }

  decode<T = Record<string, unknown>>(value: unknown, options: DecodeOptions = {}): Decoded<T> {
    const state: DecodeState = { counting: options.findProblems === true, hasUnknown: false };
    const object = this.#run(value, state) as T;
    if (!state.counting) return { object, problems: [] };
    const { text } = options;
    const suspicious = state.hasUnknown || (text !== undefined && hasDuplicateKeys(text, value));
    return { object, problems: suspicious ? findFieldProblems(this.description, text ?? JSON.stringify(value)) : [] };
  }

  #run(value: unknown, state: DecodeState): unknown {
    this.#decoder ??= decoderOf(this.description);
    try {
      return this.#decoder(value, state);
    } catch (error) {
      if (error === MISMATCH) throw this.#refuse(explainMismatch(this.description, value) ?? 'json: cannot unmarshal', error);
      if (error instanceof RangeError) throw this.#refuse('exceeded max depth', error);
      throw error;
    }
  }

  #refuse(message: string, cause: unknown): StatusError {
    return cannotBeHandled({ version: this.version, kind: this.kind }, message, cause);
  }
}

/** The answer to a body that is no such object: 400, with the bare message as `cause`. */
export function cannotBeHandled(as: { version: string; kind: string }, message: string, cause?: unknown): StatusError {
  const error = badRequest(`${as.kind} in version ${JSON.stringify(as.version)} cannot be handled as a ${as.kind}: ${message}`);
  error.cause = new Error(message, { cause });
  return error;
}

/** The answer to unknown or duplicate fields where the client asked for `fieldValidation=Strict`. */
export function strictDecodingError(as: { version: string; kind: string }, problems: readonly string[]): StatusError {
  return cannotBeHandled(as, `strict decoding error: ${problems.join(', ')}`);
}
