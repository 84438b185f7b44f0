import { Reader, ProtobufError } from './reader.ts';
import { Writer } from './writer.ts';

const MAGIC = Buffer.from('k8s\0', 'latin1');
const API_VERSION = 10;
const KIND = 18;
const TYPE_META = 10;
const RAW = 18;
const CONTENT_ENCODING = 26;
const CONTENT_TYPE = 34;

/** What stands around every object in `application/vnd.kubernetes.protobuf`. */
export interface Envelope {
  apiVersion: string;
  kind: string;
  /** The object's message, without `apiVersion` and `kind`. */
  raw: Buffer;
  contentType: string;
}

const writer = new Writer();

/** The magic, the object's type, and what `writeObject` writes. */
export function writeEnvelope(apiVersion: string, kind: string, writeObject: (writer: Writer) => void): Buffer {
  writer.reset();
  writer.string(CONTENT_TYPE, '');
  writer.string(CONTENT_ENCODING, '');
  const object = writer.mark();
  writeObject(writer);
  writer.close(RAW, object);
  const typeMeta = writer.mark();
  writer.string(KIND, kind);
  writer.string(API_VERSION, apiVersion);
  writer.close(TYPE_META, typeMeta);
  writer.raw(MAGIC);
  return writer.finish();
}

/** Whether the bytes claim to be an object in protobuf. */
export function hasMagic(bytes: Buffer): boolean {
  return bytes.length >= MAGIC.length && MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** Takes the envelope off. Throws ProtobufError for bytes that have none. */
export function readEnvelope(bytes: Buffer): Envelope {
  if (!hasMagic(bytes)) throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  const reader = new Reader(bytes, MAGIC.length);
  const envelope: Envelope = { apiVersion: '', kind: '', raw: Buffer.alloc(0), contentType: '' };
  while (reader.at < reader.end) {
    const tag = reader.uint32();
    if (tag === TYPE_META) readTypeMeta(reader.message(), envelope);
    else if (tag === RAW) envelope.raw = reader.bytes();
    else if (tag === CONTENT_TYPE) envelope.contentType = reader.string();
    else reader.skipField(tag);
  }
  return envelope;
}

function readTypeMeta(reader: Reader, envelope: Envelope): void {
  while (reader.at < reader.end) {
    const tag = reader.uint32();
    if (tag === API_VERSION) envelope.apiVersion = reader.string();
    else if (tag === KIND) envelope.kind = reader.string();
    else reader.skipField(tag);
  }
}
