import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { forbidden, StatusError, unauthorized } from '#apimachinery';
import type { RegistryRequest } from '../registry/request.ts';
import type { AuthorizationAttributes, Authenticator, Authorizer, Credentials, RequestInfo, UserInfo } from '../types.ts';
import type { Query } from './parameters.ts';
import { requestInfoOf } from './request-info.ts';
import { respondError, statusOf } from './respond.ts';

/** A request that may go on: who it is from and what it is about. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  query: Query;
  user: UserInfo;
  info: RequestInfo;
  registryRequest: RegistryRequest;
  warnings: string[];
}

/** Told of every request when it begins; the function it returns, when the answer has been sent. */
export type Observer = (info: RequestInfo, request: IncomingMessage) => (code: number, user: UserInfo | undefined) => void;

export interface PipelineOptions {
  authenticate: Authenticator;
  /** The user that the request asks to act as, else the one it is from. Throws 403. */
  impersonate(user: UserInfo, headers: Credentials['headers'], authorize: Authorizer): UserInfo | Promise<UserInfo>;
  authorize: Authorizer;
  forbiddenMessage(attributes: AuthorizationAttributes, reason: string): string;
  handle(exchange: Exchange): Promise<void>;
  /** Serves a request to switch protocols; the response has no socket of its own then. */
  upgrade(exchange: Omit<Exchange, 'response'>, socket: Duplex, head: Buffer): Promise<void>;
  observe: Observer;
  report(error: unknown): void;
  /** Aborts when the server stops. */
  signal: AbortSignal;
}

const NO_QUERY: Query = new URLSearchParams();

/** The stages that every request passes, in order: information, authentication, impersonation, authorization, handler. */
export class Pipeline {
  readonly #options: PipelineOptions;
  /** A certificate is read once for each connection. */
  readonly #certificates = new WeakMap<TLSSocket, Credentials['certificate'] | null>();

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Serves one request; whatever goes wrong is answered, nothing is thrown. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { info, query } = parse(request);
    const finished = this.#options.observe(info, request);
    let user: UserInfo | undefined;
    try {
      const exchange = this.#exchange(request, response, info, query);
      user = exchange.user = exchange.registryRequest.user = await this.#admit(request, info, query);
      await this.#options.handle(exchange);
    } catch (error) {
      respondError(response, statusOf(error, this.#options.report));
    }
    finished(response.statusCode, user);
  }

  /** The same for a request that switches protocols. */
  async serveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { info, query } = parse(request);
    const finished = this.#options.observe(info, request);
    let user: UserInfo | undefined;
    try {
      user = await this.#admit(request, info, query);
      const warnings: string[] = [];
      const registryRequest = this.#registryRequest(request, info, () => this.#options.signal, warnings);
      registryRequest.user = user;
      await this.#options.upgrade({ request, query, user, info, registryRequest, warnings }, socket, head);
      finished(101, user);
    } catch (error) {
      const { status } = statusOf(error, this.#options.report);
      refuseUpgrade(socket, status.code, JSON.stringify(status));
      finished(status.code, user);
    }
  }

  async #admit(request: IncomingMessage, info: RequestInfo, query: Query): Promise<UserInfo> {
    let user = await this.#authenticate(request);
    const acting = this.#options.impersonate(user, credentialHeaders(request), this.#options.authorize);
    user = acting instanceof Promise ? await acting : acting;
    const attributes = attributesOf(user, info, query);
    const deciding = this.#options.authorize(attributes);
    const { decision, reason } = deciding instanceof Promise ? await deciding : deciding;
    if (decision !== 'allow') throw this.#forbidden(attributes, reason);
    return user;
  }

  async #authenticate(request: IncomingMessage): Promise<UserInfo> {
    const certificate = this.#certificate(request.socket as TLSSocket);
    const user = await this.#options.authenticate({ headers: credentialHeaders(request), certificate });
    if (user === undefined) throw unauthorized();
    return user;
  }

  #certificate(socket: TLSSocket): Credentials['certificate'] {
    let certificate = this.#certificates.get(socket);
    if (certificate === undefined) {
      certificate = readCertificate(socket);
      this.#certificates.set(socket, certificate);
    }
    return certificate ?? undefined;
  }

  #forbidden(attributes: AuthorizationAttributes, reason: string): StatusError {
    const message = this.#options.forbiddenMessage(attributes, reason);
    const resource = { group: attributes.group, resource: attributes.resource };
    if (attributes.isResource) {
      const error = forbidden(resource, attributes.name, '');
      return new StatusError({ ...error.status, message });
    }
    return new StatusError({ code: 403, reason: 'Forbidden', message, details: {} });
  }

  #exchange(request: IncomingMessage, response: ServerResponse, info: RequestInfo, query: Query): Exchange {
    const warnings: string[] = [];
    const registryRequest = this.#registryRequest(request, info, leaveSignal(response, this.#options.signal), warnings);
    return { request, response, query, info, user: NOBODY, warnings, registryRequest };
  }

  #registryRequest(request: IncomingMessage, info: RequestInfo, signal: () => AbortSignal, warnings: string[]): RegistryRequest {
    return {
      info,
      user: NOBODY,
      now: new Date(),
      manager: managerOf(request.headers['user-agent']),
      get signal() {
        return signal();
      },
      warn: (text) => warnings.push(text),
    };
  }
}

/** Headers of which several may come keep them apart; making that form costs something, and few requests need it. */
function credentialHeaders(request: IncomingMessage): Credentials['headers'] {
  const { headers } = request;
  const several = headers['x-remote-user'] !== undefined || headers['impersonate-user'] !== undefined || headers['impersonate-group'] !== undefined;
  return several ? request.headersDistinct : headers;
}

/** Aborts when the client has gone or the server stops; made only when somebody asks for it, as few requests do. */
function leaveSignal(response: ServerResponse, stopping: AbortSignal): () => AbortSignal {
  let signal: AbortSignal | undefined;
  return () => {
    if (signal !== undefined) return signal;
    const left = new AbortController();
    if (response.closed) left.abort();
    else response.on('close', () => left.abort());
    return (signal = AbortSignal.any([left.signal, stopping]));
  };
}

const NOBODY: UserInfo = { name: '', groups: [] };

function parse(request: IncomingMessage): { info: RequestInfo; query: Query } {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1));
  const watch = query.get('watch');
  const info = requestInfoOf(request.method ?? 'GET', path, watch !== null && watch !== 'false' && watch !== '0');
  if (info.verb === 'list' || info.verb === 'watch') nameFromSelector(info, query);
  return { info, query };
}

/** A list or watch of a single name is authorized as one of that name. */
function nameFromSelector(info: RequestInfo, query: Query): void {
  const selector = query.get('fieldSelector');
  const name = selector === null ? undefined : /(?:^|,)metadata\.name==?([^,=!]+)(?:,|$)/.exec(selector)?.[1];
  if (name !== undefined) info.name = name;
}

function attributesOf(user: UserInfo, info: RequestInfo, query: Query): AuthorizationAttributes {
  const { isResource, path, verb, group, version, resource, subresource, namespace, name } = info;
  return {
    user,
    verb,
    isResource,
    path,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    fieldSelector: query.get('fieldSelector') ?? undefined,
    labelSelector: query.get('labelSelector') ?? undefined,
  };
}

/** The client's certificate, if one came; one that no CA of ours signed is as good as none, but says so. */
function readCertificate(socket: TLSSocket): Credentials['certificate'] | null {
  if (typeof socket.getPeerCertificate !== 'function') return null;
  const peer = socket.getPeerCertificate();
  if (peer?.raw === undefined) return null;
  if (!socket.authorized) throw unauthorized();
  return { subject: peer.subject as NonNullable<Credentials['certificate']>['subject'], raw: peer.raw };
}

/** The default field manager: what the user agent calls itself. */
function managerOf(userAgent: string | undefined): string {
  const name = (userAgent ?? '').split('/', 1)[0] ?? '';
  return name.slice(0, 128) || 'unknown';
}

function refuseUpgrade(socket: Duplex, code: number, body: string): void {
  if (!socket.writable) return;
  socket.end(
    `HTTP/1.1 ${code} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
