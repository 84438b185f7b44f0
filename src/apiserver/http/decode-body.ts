import { parse as parseYaml } from 'yaml';
import { badRequest, StatusError, unsupportedMediaType } from '#apimachinery';
import type { PatchType } from '#client';
import type { Body } from '../registry/request.ts';
import type { Patch } from '../registry/patch.ts';

/** Decodes protobuf bodies (the envelope tells the type); null when this server does not speak it. */
export type ProtobufDecoder = (bytes: Buffer) => unknown;

/** What is nested deeper than this is refused. */
const MAX_DEPTH = 1000;
const OPENING_BRACE = 0x7b;

const PATCH_TYPES: ReadonlyMap<string, PatchType> = new Map([
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'merge'],
  ['application/strategic-merge-patch+json', 'strategic'],
  ['application/apply-patch+yaml', 'apply'],
  ['application/apply-patch+cbor', 'apply'],
]);

function mediaType(contentType: string | undefined): string {
  if (contentType === undefined) return '';
  const semicolon = contentType.indexOf(';');
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

/** The value of a request's body. Throws 400 for what cannot be read, 415 for a type that is not spoken. */
export function decodeBody(bytes: Buffer, contentType: string | undefined, protobuf: ProtobufDecoder): Body {
  if (bytes.length === 0) return { value: undefined };
  switch (mediaType(contentType)) {
    case '':
    case 'application/json':
      return parseJson(bytes);
    case 'application/yaml':
    case 'text/yaml':
      return { value: parseYamlBody(bytes.toString()) };
    case 'application/vnd.kubernetes.protobuf':
      return { value: decodeProtobuf(bytes, protobuf) };
    default:
      throw unsupportedMediaType(
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
      );
  }
}

/** The patch in a request's body. Throws 400 and 415. */
export function decodePatch(bytes: Buffer, contentType: string | undefined): Patch {
  const type = PATCH_TYPES.get(mediaType(contentType));
  if (type === undefined || mediaType(contentType).endsWith('cbor'))
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml`,
    );
  return { type, body: type === 'apply' ? parseApplied(bytes) : parseJson(bytes) };
}

/** Most clients send JSON, which is YAML, too, and is read many times faster. */
function parseApplied(bytes: Buffer): Body {
  return bytes[0] === OPENING_BRACE ? parseJson(bytes) : { value: parseYamlBody(bytes.toString()) };
}

function parseJson(bytes: Buffer): Body {
  const raw = bytes.toString();
  try {
    const value = shallow(JSON.parse(raw), raw.length);
    return { value: HALF_CHARACTER.test(raw) ? wellFormed(value) : value, raw };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`);
  }
}

/** The value of a text of that length, unless it is nested so deeply that walking it could end the program. Throws 400. */
function shallow(value: unknown, length: number): unknown {
  if (length > MAX_DEPTH * 2 && isDeep(value)) throw badRequest('the object provided is nested too deeply: exceeded max depth');
  return value;
}

/** An escape that may be half of a character: half a character alone has no UTF-8, and would be another key in the store. */
const HALF_CHARACTER = /\\u[dD][89a-fA-F]/;

/** The value with whole characters only, in keys as well; what is none becomes U+FFFD, as for upstream. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toWellFormed(), wellFormed(field)]));
}

/** Without recursion, since depth is what it guards against. */
function isDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      for (const child of Object.values(item)) if (typeof child === 'object' && child !== null) next.push(child);
    }
    level = next;
  }
  return false;
}

function decodeProtobuf(bytes: Buffer, decode: ProtobufDecoder): unknown {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw badRequest(`the protobuf message cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseYamlBody(text: string): unknown {
  try {
    const value = shallow(parseYaml(text, { maxAliasCount: 100, schema: 'core', uniqueKeys: false, logLevel: 'error' }), text.length);
    return HALF_CHARACTER.test(text) ? wellFormed(value) : value;
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw badRequest(`error parsing YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}
