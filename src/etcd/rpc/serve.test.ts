import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Credentials, makeCertificates, type TestCertificates } from '../../../test/etcd/certificates.ts';
import { connectEtcd, type Etcd, type EtcdServer, openEtcd, serveEtcd } from '../index.ts';
import { codec, toNumber, type WireWatchCreate, type WireWatchRequest, type WireWatchResponse } from './messages.ts';

const bytes = (text: string) => Buffer.from(text);

let certificates: TestCertificates;
let dir: string;
let etcd: Etcd;
let server: EtcdServer;
let client: Client;

function clientWith(pair: Credentials | undefined): Client {
  const tls = pair
    ? credentials.createSsl(bytes(certificates.client.ca), bytes(pair.key), bytes(pair.cert))
    : credentials.createSsl(bytes(certificates.client.ca));
  return new Client(`127.0.0.1:${server.port}`, tls, { 'grpc.ssl_target_name_override': 'localhost' });
}

/** A request as it goes over the wire. */
function call<R>(method: string, [request, response]: [string, string], message: object, by = client): Promise<R> {
  return new Promise((resolve, reject) => {
    const { encode } = codec<object>(request);
    const { decode } = codec<R>(response);
    const deadline = Date.now() + 10_000;
    by.makeUnaryRequest(`/etcdserverpb.${method}`, encode, decode, message, { deadline }, (error, answer) =>
      error ? reject(error) : resolve(answer as R),
    );
  });
}

class Watching {
  readonly responses: WireWatchResponse[] = [];
  readonly #stream: ClientDuplexStream<WireWatchRequest, WireWatchResponse>;

  constructor() {
    const { encode } = codec<WireWatchRequest>('WatchRequest');
    const { decode } = codec<WireWatchResponse>('WatchResponse');
    this.#stream = client.makeBidiStreamRequest('/etcdserverpb.Watch/Watch', encode, decode);
    this.#stream.on('data', (response: WireWatchResponse) => this.responses.push(response));
    this.#stream.on('error', () => {});
  }

  send(request: WireWatchRequest): void {
    this.#stream.write(request);
  }

  create(request: Partial<WireWatchCreate>): void {
    this.send({ create_request: { key: bytes('/a/'), range_end: bytes('/a0'), ...request } });
  }

  async until(count: number): Promise<WireWatchResponse[]> {
    while (this.responses.length < count) await new Promise(setImmediate);
    return this.responses;
  }

  close(): void {
    this.#stream.cancel();
  }
}

beforeAll(async () => {
  certificates = await makeCertificates();
});

afterAll(() => certificates.dispose());

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'skiff-etcd-'));
  etcd = await openEtcd({ dir, retentionMs: 0 });
  server = await serveEtcd(etcd, {
    host: '127.0.0.1',
    port: 0,
    tls: certificates.server,
    memberName: 'one',
    health: { host: '127.0.0.1', port: 0 },
    progressIntervalMs: 20,
  });
  client = clientWith(certificates.client);
});

afterEach(async () => {
  client.close();
  await server.close();
  await etcd.close();
  await rm(dir, { recursive: true });
});

describe('the gRPC face', () => {
  test('lets nobody in without a certificate of its CA', async () => {
    for (const pair of [undefined, certificates.stranger]) {
      const other = clientWith(pair);
      await expect(call('KV/Range', ['RangeRequest', 'RangeResponse'], { key: bytes('a') }, other)).rejects.toThrow(/UNAVAILABLE/);
      other.close();
    }
  });

  test("answers refusals with etcd's own codes and texts", async () => {
    const answer = (method: string, request: string, message: object) => call(method, [request, 'OnlyHeader'], message);
    await expect(answer('KV/Range', 'RangeRequest', { key: Buffer.alloc(0) })).rejects.toMatchObject({
      code: 3,
      details: 'etcdserver: key is not provided',
    });
    await expect(answer('KV/Range', 'RangeRequest', { key: bytes('a'), revision: 9 })).rejects.toMatchObject({
      code: 11,
      details: 'etcdserver: mvcc: required revision is a future revision',
    });
    await expect(answer('KV/Put', 'PutRequest', { key: bytes('a'), lease: 77 })).rejects.toMatchObject({
      code: 5,
      details: 'etcdserver: requested lease not found',
    });
    await expect(answer('KV/Put', 'PutRequest', { key: bytes('a'), value: Buffer.alloc(1_600_000) })).rejects.toMatchObject({
      code: 3,
      details: 'etcdserver: request is too large',
    });
    await expect(answer('Lease/LeaseRevoke', 'LeaseRevokeRequest', { ID: 5 })).rejects.toMatchObject({ code: 5 });
    await expect(answer('Auth/Authenticate', 'Anything', {})).rejects.toMatchObject({
      code: 9,
      details: 'etcdserver: authentication is not enabled',
    });
    expect(await call('Auth/AuthStatus', ['Anything', 'AuthStatusResponse'], {})).toMatchObject({ enabled: false });
  });

  test('keeps 64 bits of a lease', async () => {
    const { id } = await etcd.grantLease({ id: 0x7123_4567_89ab_cdefn, ttl: 50 });
    await etcd.put({ key: 'a', value: bytes('1'), lease: id });
    const connection = await connectEtcd({ endpoints: [`https://127.0.0.1:${server.port}`], tls: certificates.client });
    expect((await connection.range({ key: 'a' })).kvs[0]?.lease).toBe(id);
    connection.close();
  });

  test('carries nested transactions with every comparison', async () => {
    const connection = await connectEtcd({ endpoints: [`https://127.0.0.1:${server.port}`], tls: certificates.client });
    await etcd.put({ key: 'a', value: bytes('m') });
    const inner = {
      type: 'txn' as const,
      compare: [{ key: 'a', target: 'value' as const, result: 'less' as const, value: bytes('z') }],
      success: [{ type: 'delete' as const, key: 'a', prevKv: true }],
      failure: [],
    };
    const request = {
      compare: [
        { key: 'a', target: 'version' as const, result: 'equal' as const, value: 1 },
        { key: 'a', target: 'create' as const, result: 'greater' as const, value: 1 },
        { key: 'a', target: 'mod' as const, result: 'not-equal' as const, value: 3 },
        { key: 'a', target: 'lease' as const, result: 'equal' as const, value: 0n },
      ],
      success: [inner, { type: 'put' as const, key: 'b', value: bytes('2') }, { type: 'range' as const, key: 'a', rangeEnd: 'z' }],
      failure: [],
    };
    const answer = await connection.txn(request);
    connection.close();
    expect(answer).toMatchObject({ succeeded: true, revision: 3 });
    expect(answer.responses[0]).toMatchObject({
      type: 'txn',
      succeeded: true,
      responses: [{ deleted: 1, prevKvs: [{ value: bytes('m') }] }],
    });
    expect(answer.responses[2]).toMatchObject({ count: 1, kvs: [{ key: 'b' }] });
  });

  test('carries several watches on a stream, with filters, and cancels one of them', async () => {
    const watching = new Watching();
    watching.create({ watch_id: 7, prev_kv: true });
    watching.create({ filters: [0] });
    await watching.until(2);
    await etcd.put({ key: '/a/1', value: bytes('x') });
    await etcd.deleteRange({ key: '/a/1' });
    const responses = (await watching.until(5)).slice(2);
    const shown = responses.map(({ watch_id, events }) => [toNumber(watch_id), events?.map(({ type }) => type)]);
    expect(shown).toEqual(
      expect.arrayContaining([
        [7, [0]],
        [7, [1]],
        [0, [1]],
      ]),
    );
    expect(responses.find(({ events }) => events?.[0]?.type === 1 && events[0].prev_kv)?.events?.[0]?.prev_kv?.value).toEqual(bytes('x'));
    watching.send({ cancel_request: { watch_id: 7 } });
    expect((await watching.until(6))[5]).toMatchObject({ canceled: true });
    watching.create({ watch_id: 0, key: bytes('b'), range_end: bytes('a') });
    expect((await watching.until(7))[6]).toMatchObject({ created: true, canceled: true });
    watching.close();
  });

  test('tells of progress when asked, and now and then by itself', async () => {
    const watching = new Watching();
    watching.create({ watch_id: 5 });
    await watching.until(1);
    const { revision } = await etcd.put({ key: 'elsewhere', value: bytes('x') });
    watching.send({ progress_request: {} });
    const answer = (await watching.until(2))[1] as WireWatchResponse;
    expect([toNumber(answer.watch_id), toNumber(answer.header.revision)]).toEqual([-1, revision]);
    watching.create({ watch_id: 6, progress_notify: true });
    const notified = (await watching.until(4))[3] as WireWatchResponse;
    expect([toNumber(notified.watch_id), notified.events]).toEqual([6, []]);
    watching.close();
  });

  test('cuts what is too long into fragments for who asks for that', async () => {
    const success = ['1', '2', '3'].map((name) => ({ type: 'put' as const, key: `/a/${name}`, value: Buffer.alloc(500_000, name) }));
    await etcd.txn({ compare: [], success, failure: [] });
    await etcd.txn({ compare: [], success, failure: [] });
    const watching = new Watching();
    watching.create({ start_revision: 2, fragment: true });
    await vi.waitFor(() => expect(watching.responses.at(-1)?.events?.length && !watching.responses.at(-1)?.fragment).toBe(true));
    const parts = watching.responses.slice(1);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map(({ fragment }) => fragment)).toEqual([...parts.slice(1).map(() => true), false]);
    expect(parts.flatMap(({ events }) => events ?? []).map(({ kv }) => kv.key.toString())).toEqual([
      '/a/1',
      '/a/2',
      '/a/3',
      '/a/1',
      '/a/2',
      '/a/3',
    ]);
    watching.close();
  });

  test('says on its own port that it is healthy, until an alarm is raised', async () => {
    const health = () => fetch(`http://127.0.0.1:${server.healthPort}/health`);
    expect(await (await health()).json()).toEqual({ health: 'true', reason: '' });
    await etcd.raise('NOSPACE');
    expect((await health()).status).toBe(503);
    const alarms = await call<{ alarms: { alarm: number }[] }>('Maintenance/Alarm', ['AlarmRequest', 'AlarmResponse'], { action: 0 });
    expect(alarms.alarms.map(({ alarm }) => alarm)).toEqual([1]);
    await call('Maintenance/Alarm', ['AlarmRequest', 'AlarmResponse'], { action: 2, alarm: 1 });
    expect((await health()).status).toBe(200);
  });
});
