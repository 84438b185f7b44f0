import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { parseApiVersion } from '#apimachinery';
import { codecOf, structDescription } from '../schema/index.ts';
import { structWriter } from './compile-writer.ts';
import { readEnvelope, writeEnvelope } from './envelope.ts';
import { decodeProtobuf, encodeProtobuf, encodeWatchFrame } from './index.ts';

const GOLDEN = new URL('../../../../shared/reference/roundtrip/', import.meta.url);
const hasGolden = existsSync(GOLDEN);
const names = hasGolden ? readdirSync(GOLDEN).filter((name) => name.endsWith('.json') && !name.includes('WatchEvent')) : [];

const golden = (name: string): Buffer => readFileSync(new URL(name, GOLDEN));

describe.skipIf(!hasGolden)("upstream's objects", () => {
  it.each(names)('%s is the same in JSON, YAML and protobuf', (name) => {
    const protobuf = golden(name.replace(/json$/, 'pb'));
    const { apiVersion, kind } = readEnvelope(protobuf);
    const as = { ...parseApiVersion(apiVersion), kind };
    const json: unknown = JSON.parse(golden(name).toString());
    const decode = (value: unknown) => codecOf(as.group, as.version, kind)?.decode(value).object ?? {};

    const fromJson = decode(json);
    expect(JSON.stringify(fromJson)).toBe(JSON.stringify(json));
    expect(
      isDeepStrictEqual(decode(parse(golden(name.replace(/json$/, 'yaml')).toString(), { uniqueKeys: false, prettyErrors: false })), json),
    ).toBe(true);
    expect(JSON.stringify(decodeProtobuf(protobuf))).toBe(JSON.stringify(json));
    expect(encodeProtobuf(fromJson)?.equals(protobuf)).toBe(true);
  });

  it('has watch events in the same form', () => {
    const event: unknown = JSON.parse(golden('core.v1.WatchEvent.json').toString());
    const description = structDescription('meta-v1', 'WatchEvent');
    const bytes = writeEnvelope('', '', (writer) => description && structWriter(description)(event, writer));
    expect(bytes.equals(golden('core.v1.WatchEvent.pb'))).toBe(true);
  });
});

describe('protobuf', () => {
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'grüße', generation: -1 }, data: { b: '😀', a: '' } };

  const encode = (object: object): Buffer => encodeProtobuf(object) ?? Buffer.alloc(0);

  it('carries text beyond ASCII, negative numbers and long values', () => {
    const object = { ...configMap, data: { long: 'ä'.repeat(70_000), short: '' } };
    expect(decodeProtobuf(encode(object))).toEqual(object);
  });

  it('refuses bytes that end too early', () => {
    const bytes = writeEnvelope('v1', 'ConfigMap', (writer) => writer.raw(Buffer.from([10, 5, 10, 3, 65])));
    expect(() => decodeProtobuf(bytes)).toThrow('ConfigMap in version "v1" cannot be handled as a ConfigMap: unexpected EOF');
    expect(() => decodeProtobuf(encode(configMap).subarray(0, 20))).toThrow('unexpected EOF');
  });

  it('refuses bytes without the magic', () => {
    expect(() => decodeProtobuf(Buffer.from('{}'))).toThrow('expected prefix [107 56 115 0]');
  });

  it('takes the expected type for an object that names none', () => {
    const bytes = writeEnvelope('', '', () => {});
    expect(decodeProtobuf(bytes, { apiVersion: 'v1', kind: 'DeleteOptions' })).toEqual({ apiVersion: 'v1', kind: 'DeleteOptions' });
  });

  it('has no form for a custom resource, whatever its name', () => {
    expect(encodeProtobuf({ apiVersion: 'example.com/v1', kind: 'Widget' })).toBeUndefined();
    expect(encodeProtobuf({ apiVersion: 'example.com/v1', kind: 'Status' })).toBeUndefined();
  });

  it('frames watch events by their length', () => {
    const frame = encodeWatchFrame('ADDED', Buffer.from('k8s\0'));
    expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
    expect(frame.subarray(4).toString('latin1')).toBe('\n\x05ADDED\x12\x06\n\x04k8s\0');
  });
});
