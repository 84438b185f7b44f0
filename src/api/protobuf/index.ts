import { badRequest, parseApiVersion } from '#apimachinery';
import { kindDescription } from '../schema/descriptions.ts';
import { cannotBeHandled, codecOf } from '../schema/codec.ts';
import { structReader } from './compile-reader.ts';
import { structWriter } from './compile-writer.ts';
import { readEnvelope, writeEnvelope, type Envelope } from './envelope.ts';
import { ProtobufError, Reader } from './reader.ts';
import { Writer } from './writer.ts';

export { hasMagic } from './envelope.ts';
export { Writer as ProtobufWriter } from './writer.ts';

interface TypedObject {
  apiVersion?: string;
  kind?: string;
}

/**
 * An object as `application/vnd.kubernetes.protobuf`; undefined for a kind that has no such form (custom resources,
 * Table). The object must be in decoded form and carry `apiVersion` and `kind`.
 */
export function encodeProtobuf(object: TypedObject): Buffer | undefined {
  const { apiVersion = '', kind = '' } = object;
  const { group, version } = parseApiVersion(apiVersion);
  const description = kindDescription(group, version, kind);
  if (description === undefined || kind === 'Table') return undefined;
  return writeEnvelope(apiVersion, kind, (out) => structWriter(description)(object, out));
}

/**
 * Reads an object with its envelope; the result is in decoded form. `expected` is the type of an object that does not
 * name one itself. Throws StatusError 400.
 */
export function decodeProtobuf(bytes: Buffer, expected: TypedObject = {}): unknown {
  const envelope = open(bytes);
  const apiVersion = envelope.apiVersion || (expected.apiVersion ?? '');
  const kind = envelope.kind || (expected.kind ?? '');
  const as = { ...parseApiVersion(apiVersion), kind };
  const codec = codecOf(as.group, as.version, kind);
  if (codec === undefined) throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  try {
    const object = structReader(codec.description)(new Reader(envelope.raw), { kind, apiVersion });
    return codec.decode(object).object;
  } catch (error) {
    if (isUnreadable(error)) throw cannotBeHandled(as, error.message, error);
    throw error;
  }
}

function open(bytes: Buffer): Envelope {
  try {
    return readEnvelope(bytes);
  } catch (error) {
    if (isUnreadable(error)) throw badRequest(error.message);
    throw error;
  }
}

/** SyntaxError: of the JSON in a free-form field. */
const isUnreadable = (error: unknown): error is Error => error instanceof ProtobufError || error instanceof SyntaxError;

const writer = new Writer();
const EVENT_TYPE = 10;
const EVENT_OBJECT = 18;
const RAW = 10;

/**
 * One event of a watch in `application/vnd.kubernetes.protobuf;stream=watch`: four bytes of length and the event around
 * an object from `encodeProtobuf`.
 */
export function encodeWatchFrame(type: string, object: Uint8Array): Buffer {
  writer.reset();
  const event = writer.mark();
  writer.bytes(RAW, object);
  writer.close(EVENT_OBJECT, event);
  writer.string(EVENT_TYPE, type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(writer.mark());
  writer.raw(length);
  return writer.finish();
}
