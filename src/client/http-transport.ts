import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { serviceUnavailable, StatusError, type Status } from '#apimachinery';
import { delay } from './delay.ts';

export interface HttpClientOptions {
  /** `https://host:port`, with a path prefix if need be. */
  server: string;
  /** PEM of the authorities that may sign the server's certificate; absent: the system's. */
  ca?: string | Buffer;
  /** PEM of the client's certificate and key. */
  cert?: string | Buffer;
  key?: string | Buffer;
  /** Bearer token. */
  token?: string;
  /** File with the bearer token; read again every minute, since tokens there get renewed. */
  tokenFile?: string;
  username?: string;
  password?: string;
  insecureSkipTlsVerify?: boolean;
  /** The name to expect in the server's certificate, if not the URL's host. */
  tlsServerName?: string;
  userAgent?: string;
  /** Sent with every request: a front proxy's word for whom it speaks. */
  headers?: http.OutgoingHttpHeaders;
  /** For how long a request other than a watch may take. Default 60 s. */
  timeoutMilliseconds?: number;
}

export interface TransportRequest {
  method: string;
  path: string;
  body?: unknown;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
  /** A watch: no time limit. */
  streaming?: boolean;
}

const TOKEN_LIFETIME_MS = 60_000;
const MAX_RETRIES = 10;

/** Sends requests to one API server over connections that are kept alive. Failures are thrown as StatusError. */
export class HttpTransport {
  readonly #options: HttpClientOptions;
  readonly #base: URL;
  readonly #agent: http.Agent;
  readonly #send: typeof https.request;
  #token: { read: number; value: Promise<string> } | undefined;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#base = new URL(options.server);
    const secure = this.#base.protocol === 'https:';
    const keep = { keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: 64, noDelay: true };
    this.#agent = secure ? new https.Agent({ ...keep, ...tlsOptions(options) }) : new http.Agent(keep);
    this.#send = secure ? https.request : http.request;
  }

  /** The parsed answer; throws what the server answered with a code of 400 or more. A 429 is obeyed and tried again. */
  async json(request: TransportRequest): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      const response = await this.#open(request);
      const body = await this.#body(response, request);
      const code = response.statusCode ?? 0;
      if (code < 400) return parsed(body);
      const seconds = Number(response.headers['retry-after']);
      if (code !== 429 || !(seconds >= 0) || attempt >= MAX_RETRIES) throw answeredError(code, body);
      await delay(seconds * 1000, request.signal);
      request.signal?.throwIfAborted();
    }
  }

  /** The answer's bytes as they arrive; throws what the server answered with a code of 400 or more. */
  async stream(request: TransportRequest): Promise<http.IncomingMessage> {
    const response = await this.#open({ ...request, streaming: true });
    const code = response.statusCode ?? 0;
    if (code >= 400) throw answeredError(code, await this.#body(response, request));
    return response;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #open(request: TransportRequest): Promise<http.IncomingMessage> {
    const headers = await this.#headers(request);
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    if (body) headers['content-length'] = String(body.length);
    try {
      return await this.#exchange(request, headers, body);
    } catch (error) {
      // A kept connection that the server closed at this moment: reading once more is safe.
      if (error instanceof ReusedSocketError && request.method === 'GET') return this.#exchange(request, headers, body);
      throw error;
    }
  }

  #exchange(request: TransportRequest, headers: http.OutgoingHttpHeaders, body: Buffer | undefined): Promise<http.IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    const prefix = this.#base.pathname === '/' ? '' : this.#base.pathname.replace(/\/$/, '');
    const outgoing = this.#send({
      agent: this.#agent,
      protocol: this.#base.protocol,
      hostname: this.#base.hostname.replace(/^\[|\]$/g, ''),
      port: this.#base.port || undefined,
      method: request.method,
      path: prefix + request.path,
      headers,
      signal: request.signal,
    });
    if (!request.streaming) {
      const limit = this.#options.timeoutMilliseconds ?? 60_000;
      outgoing.setTimeout(limit, () => outgoing.destroy(new Error(`no answer within ${limit / 1000} s`)));
    }
    outgoing.on('error', (error) => reject(this.#unreachable(error, request, outgoing.reusedSocket)));
    outgoing.on('response', resolve);
    outgoing.end(body);
    return promise;
  }

  async #headers(request: TransportRequest): Promise<http.OutgoingHttpHeaders> {
    const headers: http.OutgoingHttpHeaders = { ...this.#options.headers, accept: request.accept ?? 'application/json' };
    if (this.#options.userAgent) headers['user-agent'] = this.#options.userAgent;
    if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json';
    const authorization = await this.#authorization();
    if (authorization) headers['authorization'] = authorization;
    return headers;
  }

  async #authorization(): Promise<string | undefined> {
    const { token, tokenFile, username, password } = this.#options;
    if (token) return `Bearer ${token}`;
    if (tokenFile) return `Bearer ${await this.#tokenFromFile(tokenFile)}`;
    if (username) return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
    return undefined;
  }

  #tokenFromFile(file: string): Promise<string> {
    const now = Date.now();
    if (this.#token === undefined || now - this.#token.read > TOKEN_LIFETIME_MS) {
      const previous = this.#token?.value;
      const fresh = readFile(file, 'utf8').then((text) => text.trim());
      this.#token = { read: now, value: previous ? fresh.catch(() => previous) : fresh };
      fresh.catch(() => (this.#token = undefined));
    }
    return this.#token.value;
  }

  async #body(response: http.IncomingMessage, request: TransportRequest): Promise<string> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch (error) {
      throw this.#unreachable(error, request, false);
    }
    return chunks.length === 1 ? chunks[0]!.toString() : Buffer.concat(chunks).toString();
  }

  #unreachable(error: unknown, request: TransportRequest, reusedSocket: boolean): Error {
    if (request.signal?.aborted) return request.signal.reason instanceof Error ? request.signal.reason : new Error('aborted');
    const why = error instanceof Error ? (error as NodeJS.ErrnoException) : undefined;
    const message = `the server ${this.#base.host} cannot be reached: ${why?.message || why?.code || String(error)}`;
    if (reusedSocket && (why?.code === 'ECONNRESET' || why?.code === 'EPIPE')) return new ReusedSocketError(message, error);
    return new StatusError({ ...serviceUnavailable(message).status }, { cause: error });
  }
}

class ReusedSocketError extends StatusError {
  constructor(message: string, cause: unknown) {
    super({ ...serviceUnavailable(message).status }, { cause });
  }
}

function tlsOptions(options: HttpClientOptions): https.AgentOptions {
  return {
    ca: options.ca,
    cert: options.cert,
    key: options.key,
    servername: options.tlsServerName,
    rejectUnauthorized: options.insecureSkipTlsVerify !== true,
  };
}

function parsed(body: string): unknown {
  if (body === '') return undefined;
  const first = body.charCodeAt(0);
  // Health checks and logs answer with plain text.
  if (first !== 0x7b && first !== 0x5b && first !== 0x22) return textOrJson(body);
  return JSON.parse(body);
}

function textOrJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function answeredError(code: number, body: string): StatusError {
  const answer = textOrJson(body);
  if (isStatus(answer)) return new StatusError({ ...answer, code: answer.code || code });
  return new StatusError({ code, reason: REASONS[code] ?? 'Unknown', message: body.trim() || (http.STATUS_CODES[code] ?? `HTTP ${code}`) });
}

function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'Status';
}

const REASONS: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};
