import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCa, issueCertificate, type KeyPair } from '#pki';

/** What a webhook is told. */
export interface ReviewRequest {
  uid: string;
  kind: { group: string; version: string; kind: string };
  requestKind: { version: string };
  subResource?: string;
  name?: string;
  namespace?: string;
  operation: string;
  object: { metadata: { labels?: Record<string, string> }; spec?: Record<string, unknown> } | null;
  oldObject: object | null;
  dryRun: boolean;
  options: object | null;
  userInfo: { username: string };
}

/** What it answers. */
export type Response = Record<string, unknown>;

export interface Received {
  url: string;
  apiVersion: string;
  request: ReviewRequest;
}

/** A webhook server; `answers` says what to do at each path. */
export class Webhooks {
  readonly received: Received[] = [];
  readonly answers = new Map<string, (request: ReviewRequest) => Response | Promise<Response> | number>();
  connections = 0;
  #server: Server | undefined;
  ca = '';
  port = 0;

  async start(sans: string[]): Promise<void> {
    const ca = await createCa('webhook-ca', {});
    this.ca = Buffer.from(ca.certificate).toString('base64');
    const pair: KeyPair = await issueCertificate(ca, { commonName: 'webhook', usages: ['digital signature', 'server auth'], sans });
    this.#server = createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { apiVersion, kind, request: review } = JSON.parse(Buffer.concat(parts).toString()) as Received & { kind: string };
        this.received.push({ url: request.url ?? '', apiVersion, request: review });
        const answer = this.answers.get((request.url ?? '').split('?')[0] ?? '');
        void this.#answer(response, Promise.resolve(answer?.(review) ?? 404), (said) => ({
          apiVersion,
          kind,
          response: { uid: review.uid, ...said },
        }));
      });
    });
    this.#server.on('secureConnection', () => this.connections++);
    await new Promise<void>((resolve) => this.#server?.listen(0, '0.0.0.0', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async #answer(response: ServerResponse, answer: Promise<Response | number>, review: (said: Response) => object): Promise<void> {
    const said = await answer;
    if (typeof said === 'number') response.writeHead(said);
    response.end(typeof said === 'number' ? 'no luck' : JSON.stringify(review(said)));
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  config(path: string): object {
    return { url: `https://127.0.0.1:${this.port}${path}`, caBundle: this.ca };
  }
}
