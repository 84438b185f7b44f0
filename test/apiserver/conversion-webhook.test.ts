import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueCertificate } from '#pki';
import { TestApiServer } from './api-server.ts';
import { certificate, certificates } from './certificates-definition.ts';
import { body, CERTIFICATES, define, message, OLD, undefine, until, type Body } from './definitions.ts';

let server: TestApiServer;

beforeAll(async () => {
  server = await TestApiServer.start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

describe('conversion by a webhook', () => {
  let webhook: Server;
  let asked = 0;
  let isBroken = false;

  /** v1 has `secretName` where v1alpha2 has `secret`. */
  function convert(object: Body, apiVersion: string): Body {
    const { secret, secretName, ...rest } = object['spec'];
    const name = secret ?? secretName;
    return { ...object, apiVersion, spec: { ...rest, ...(apiVersion.endsWith('v1') ? { secretName: name } : { secret: name }) } };
  }

  async function answerReview(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    const review = JSON.parse(text) as Body;
    const { uid, desiredAPIVersion, objects } = review['request'];
    asked++;
    const done = { convertedObjects: objects.map((each: Body) => convert(each, desiredAPIVersion)), result: { status: 'Success' } };
    const answer = isBroken ? { result: { status: 'Failure', message: 'out of order' } } : done;
    response.end(JSON.stringify({ ...review, request: undefined, response: { uid, ...answer } }));
  }

  beforeAll(async () => {
    const { certificate: cert, key } = await issueCertificate(server.pki.ca, {
      commonName: 'webhook',
      sans: ['127.0.0.1'],
      usages: ['digital signature', 'server auth'],
    });
    webhook = createServer({ cert, key }, (request, response) => void answerReview(request, response));
    await new Promise<void>((resolve) => {
      webhook.listen(0, '127.0.0.1', resolve);
    });
    const definition = certificates();
    definition.spec.conversion = {
      strategy: 'Webhook',
      webhook: {
        conversionReviewVersions: ['v1'],
        clientConfig: {
          url: `https://127.0.0.1:${(webhook.address() as AddressInfo).port}/convert`,
          caBundle: Buffer.from(server.pki.ca.certificate).toString('base64'),
        },
      },
    };
    await define(server, definition);
  });
  afterAll(async () => {
    isBroken = false;
    await undefine(server, 'certificates.certs.example.com');
    webhook.closeAllConnections();
    await new Promise((resolve) => {
      webhook.close(resolve);
    });
  });

  it('goes both ways, for reads, lists, writes and watches', async () => {
    expect((await server.post(CERTIFICATES, certificate('a'))).code).toBe(201);
    expect(asked).toBe(0);
    expect(body(await server.get(`${OLD}/a`))).toMatchObject({ apiVersion: 'certs.example.com/v1alpha2', spec: { secret: 'tls' } });
    await server.get(`${OLD}/a`);
    expect(asked).toBe(1);
    const made = await server.post(OLD, {
      apiVersion: 'certs.example.com/v1alpha2',
      kind: 'Certificate',
      metadata: { name: 'b' },
      spec: { secret: 'other', issuerRef: { name: 'ca' } },
    });
    expect(body(made)).toMatchObject({ apiVersion: 'certs.example.com/v1alpha2', spec: { secret: 'other' } });
    expect(body(await server.get(`${CERTIFICATES}/b`))['spec']).toMatchObject({ secretName: 'other', duration: '2160h' });
    const patched = await server.patch(`${OLD}/b`, { spec: { commonName: 'x' } });
    expect(body(patched)['spec']).toMatchObject({ secret: 'other', commonName: 'x' });
    expect(body(await server.get(OLD))['items'].map(({ spec }: Body) => spec.secret)).toEqual(['tls', 'other']);
    const seen = await until(server, `${OLD}/b`, (object) => object?.['spec'].secret === 'other');
    expect(seen?.['apiVersion']).toBe('certs.example.com/v1alpha2');
  });

  it('that fails is told', async () => {
    await server.post(CERTIFICATES, certificate('c'));
    isBroken = true;
    const answer = await server.get(`${OLD}/c`);
    expect([answer.code, message(answer)]).toEqual([
      500,
      'conversion webhook for certs.example.com/v1, Kind=Certificate failed: out of order',
    ]);
    expect((await server.get(`${CERTIFICATES}/c`)).code).toBe(200);
  });
});
