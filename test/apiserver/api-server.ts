import { mkdtemp, rm } from 'node:fs/promises';
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApiServer, type ApiServer, type ApiServerOptions } from '#apiserver';
import { embeddedStore } from '#apiserver/storage';
import { connectToNodes } from '#apiserver/streams';
import { httpClient, type Client } from '#client';
import { openEtcd, type Etcd } from '#etcd';
import { ensurePki, issueCertificate, type KeyPair, type Pki } from '#pki';
import type { Status } from '#apimachinery';

/** One answer, whole. */
export interface Answer {
  code: number;
  headers: IncomingMessage['headers'];
  text: string;
  /** The text as JSON; undefined when it is none. */
  body: unknown;
}

/** An answer whose body is known. */
export interface AnswerOf<T> extends Answer {
  body: T;
}

export interface Asking {
  headers?: Record<string, string | string[]>;
  /** A string or bytes are sent as they are, anything else as JSON. */
  body?: unknown;
  as?: KeyPair;
}

/** A whole API server on a store of its own, as a client outside sees it: over HTTPS, port 0. */
export class TestApiServer implements AsyncDisposable {
  readonly dir: string;
  readonly pki: Pki;
  readonly logged: string[] = [];
  readonly #more: Partial<ApiServerOptions>;
  #etcd: Etcd | undefined;
  #api: ApiServer | undefined;
  readonly #admin: KeyPair;
  readonly #agents = new Map<KeyPair, https.Agent>();

  private constructor(dir: string, pki: Pki, admin: KeyPair, more: Partial<ApiServerOptions>) {
    this.dir = dir;
    this.pki = pki;
    this.#admin = admin;
    this.#more = more;
  }

  static async start(more: Partial<ApiServerOptions> = {}): Promise<TestApiServer> {
    const dir = await mkdtemp(join(tmpdir(), 'skiff-api-'));
    const pki = await ensurePki({ dir: join(dir, 'pki'), advertiseAddresses: ['127.0.0.1'], apiServerNames: ['localhost'] });
    const server = new TestApiServer(dir, pki, await user(pki, 'admin', ['system:masters']), more);
    await server.open();
    return server;
  }

  get etcd(): Etcd {
    return this.#etcd as Etcd;
  }

  get api(): ApiServer {
    return this.#api as ApiServer;
  }

  get url(): string {
    return `https://127.0.0.1:${this.api.port}`;
  }

  get admin(): KeyPair {
    return this.#admin;
  }

  /** A user with a certificate of the cluster's. */
  user(name: string, groups: readonly string[] = []): Promise<KeyPair> {
    return user(this.pki, name, groups);
  }

  /** Opens the store and starts the server on it; after `shut` this is the restart. */
  async open(): Promise<void> {
    const { pki } = this;
    this.#etcd = await openEtcd({ dir: join(this.dir, 'etcd'), log: () => undefined });
    this.#api = await startApiServer({
      store: embeddedStore(this.#etcd),
      host: '127.0.0.1',
      port: 0,
      advertiseAddress: '127.0.0.1',
      serviceCidr: '10.96.0.0/12',
      nodePorts: [30000, 32767],
      pki: {
        serverCertificate: pki.apiserver.certificate,
        serverKey: pki.apiserver.key,
        clientCa: pki.ca.certificate,
        requestHeader: { ca: pki.frontProxyCa.certificate, allowedNames: ['front-proxy-client'] },
        proxyClient: pki.frontProxyClient,
        serviceAccountSigningKey: pki.serviceAccount.privateKey,
        serviceAccountKeys: [pki.serviceAccount.publicKey],
      },
      connect: connectToNodes({
        cert: pki.apiserverKubeletClient.certificate,
        key: pki.apiserverKubeletClient.key,
        ca: pki.ca.certificate,
      }),
      log: (message, error) => this.logged.push(`${message}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
      ...this.#more,
    });
  }

  async shut(): Promise<void> {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
    await this.#api?.close();
    await this.#etcd?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shut();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** The project's own client, over HTTPS. */
  client(as: KeyPair = this.#admin): Client {
    return httpClient({ server: this.url, ca: this.pki.ca.certificate, cert: as.certificate, key: as.key });
  }

  /** What a request has to say about TLS. */
  tls(as: KeyPair = this.#admin): { ca: string; cert: string; key: string } {
    return { ca: this.pki.ca.certificate, cert: as.certificate, key: as.key };
  }

  agent(as: KeyPair = this.#admin): https.Agent {
    let agent = this.#agents.get(as);
    if (agent === undefined) this.#agents.set(as, (agent = new https.Agent({ keepAlive: true, ...this.tls(as) })));
    return agent;
  }

  /** Begins a request; for watches and whatever else goes on. */
  begin(method: string, path: string, { headers, body, as = this.#admin }: Asking = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
      const type = bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) };
      const request = https.request(this.url + path, { method, agent: this.agent(as), headers: { ...type, ...headers } }, resolve);
      request.on('error', reject);
      request.end(bytes);
    });
  }

  async ask(method: string, path: string, asking: Asking = {}): Promise<Answer> {
    const response = await this.begin(method, path, asking);
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    return { code: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) };
  }

  get<T = Record<string, unknown>>(path: string, headers?: Record<string, string>): Promise<AnswerOf<T>> {
    return this.ask('GET', path, { headers }) as Promise<AnswerOf<T>>;
  }

  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.ask('POST', path, { body, headers });
  }

  put(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.ask('PUT', path, { body, headers });
  }

  patch(path: string, body: unknown, type: 'json' | 'merge' | 'strategic' | 'apply' = 'merge'): Promise<Answer> {
    return this.ask('PATCH', path, { body, headers: { 'content-type': PATCH_TYPES[type] } });
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.ask('DELETE', path, { body });
  }
}

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** The answer as the Status that a failure is. */
export function statusOf(answer: Answer): Status {
  return answer.body as Status;
}

async function user(pki: Pki, name: string, groups: readonly string[]): Promise<KeyPair> {
  return await issueCertificate(pki.ca, { commonName: name, organizations: [...groups], usages: ['digital signature', 'client auth'] });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
