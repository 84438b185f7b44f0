import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { badRequest, forbidden, parseDuration, StatusError, timeout, unauthorized } from '#apimachinery';
import type { Audit, AuditTrail } from '../audit/index.ts';
import type { Arrival, Leave } from '../flow-control/index.ts';
import type { RegistryRequest } from '../registry/request.ts';
import type { AuthorizationAttributes, Authenticator, Authorizer, Credentials, RequestInfo, UserInfo } from '../types.ts';
import { isLongRunning } from './long-running.ts';
import { isTrue, type Query } from './parameters.ts';
import { requestInfoOf } from './request-info.ts';
import { respondError, statusOf, type Answering } from './respond.ts';

/** A request that may go on: who it is from and what it is about. */
export interface Exchange extends Answering {
  request: IncomingMessage;
  query: Query;
  user: UserInfo;
  info: RequestInfo;
  registryRequest: RegistryRequest;
  warnings: string[];
  /** Absent when nothing of this request is to be written down. */
  trail?: AuditTrail;
  /** In ms; absent for what goes on for as long as the client wants. */
  timeLimit?: number;
  /** Counts the request out of those in progress: a watch once it has begun, others when they end. */
  leave?: Leave;
}

/** The same without a response: for requests that switch protocols. */
export type UpgradeExchange = Omit<Exchange, 'response'>;

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
  upgrade(exchange: UpgradeExchange, socket: Duplex, head: Buffer): Promise<void>;
  observe: Observer;
  audit?: Audit;
  /** Lets a request in, at once or when its turn has come. Throws 429. */
  enter(arrival: Arrival): Leave | Promise<Leave>;
  /** How long a request may take that is no watch or the like, in ms. Default a minute. */
  timeout?: number;
  report(error: unknown): void;
  /** Aborts when the server stops. */
  signal: AbortSignal;
}

const NO_QUERY: Query = new URLSearchParams();
const TIMEOUT_MS = 60_000;

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
    const exchange = this.#exchange(request, response, info, query);
    let timer: NodeJS.Timeout | undefined;
    try {
      if (!isLongRunning(info)) timer = this.#limitTime(exchange);
      await this.#admit(exchange);
      await this.#options.handle(exchange);
      exchange.trail?.complete({ code: response.statusCode });
    } catch (error) {
      const failure = statusOf(error, this.#options.report);
      respondError(exchange, failure);
      this.#auditFailure(exchange, failure);
    }
    clearTimeout(timer);
    leave(exchange);
    finished(response.statusCode, exchange.user);
  }

  /** The same for a request that switches protocols. */
  async serveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { info, query } = parse(request);
    const finished = this.#options.observe(info, request);
    // A client that breaks off while it is being authorized must not end the program.
    socket.on('error', () => socket.destroy());
    const exchange = this.#upgradeExchange(request, info, query, socket);
    let code = 101;
    try {
      await this.#admit(exchange);
      if (isCommand(info)) await this.#authorize(exchange, { ...attributesOf(exchange.user, info, query), verb: 'create' });
      exchange.trail?.started(101);
      await this.#options.upgrade(exchange, socket, head);
      exchange.trail?.complete({ code });
    } catch (error) {
      const failure = statusOf(error, this.#options.report);
      code = failure.code;
      refuseUpgrade(socket, code, JSON.stringify(failure.status));
      this.#auditFailure(exchange, failure);
    }
    leave(exchange);
    finished(code, exchange.user);
  }

  /** Answers for the handler when it has not done so in time; what it is about then goes nowhere. */
  #limitTime(exchange: Exchange): NodeJS.Timeout {
    const end = (): void => {
      if (exchange.response.headersSent) return;
      // A body that has not come by now will not be waited for.
      if (!exchange.request.complete) exchange.response.setHeader('connection', 'close');
      respondError(exchange, timeout('request did not complete within the allotted timeout'));
    };
    exchange.timeLimit = timeoutOf(exchange.query, this.#options.timeout ?? TIMEOUT_MS);
    return setTimeout(end, exchange.timeLimit);
  }

  /** Finds out who it is, lets the request in when there is room, and asks whether that user may do it. Throws 401, 403, 429. */
  async #admit(exchange: UpgradeExchange): Promise<void> {
    const { request, info, query } = exchange;
    const user = await this.#authenticate(request);
    exchange.user = user;
    const acting = this.#options.impersonate(user, credentialHeaders(request), this.#options.authorize);
    exchange.user = exchange.registryRequest.user = acting instanceof Promise ? await acting : acting;
    this.#beginAudit(exchange, user);
    // Streams for as long as the client wants are nobody's work but their own.
    if (info.verb === 'watch' || !isLongRunning(info)) {
      const entering = this.#options.enter(exchange);
      exchange.leave = entering instanceof Promise ? await entering : entering;
    }
    await this.#authorize(exchange, attributesOf(exchange.user, info, query));
  }

  /** Throws 403 unless the user may do this. */
  async #authorize(exchange: UpgradeExchange, attributes: AuthorizationAttributes): Promise<void> {
    const deciding = this.#options.authorize(attributes);
    const { decision, reason } = deciding instanceof Promise ? await deciding : deciding;
    exchange.trail?.annotate('authorization.k8s.io/decision', decision === 'allow' ? 'allow' : 'forbid');
    exchange.trail?.annotate('authorization.k8s.io/reason', reason);
    if (decision !== 'allow') throw this.#forbidden(attributes, reason);
  }

  #beginAudit(exchange: UpgradeExchange, user: UserInfo): void {
    const { request, info, auditId } = exchange;
    exchange.trail = this.#options.audit?.({
      info,
      user,
      impersonatedUser: exchange.user === user ? undefined : exchange.user,
      uri: request.url ?? '/',
      sourceIPs: [request.socket.remoteAddress ?? ''],
      userAgent: request.headers['user-agent'],
      auditId,
    });
    const { trail } = exchange;
    if (trail !== undefined) exchange.registryRequest.annotate = (key, value) => trail.annotate(key, value);
  }

  /** Who could not be told who he is gets a line, too. */
  #auditFailure(exchange: UpgradeExchange, { code, status }: StatusError): void {
    if (exchange.trail === undefined && code === 401) this.#beginAudit(exchange, NOBODY);
    exchange.trail?.complete({ code, status });
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
    const registryRequest = new ConnectedRequest(request, info, warnings, response, this.#options.signal);
    return { request, response, query, info, user: NOBODY, warnings, auditId: auditIdOf(request.headers['audit-id']), registryRequest };
  }

  #upgradeExchange(request: IncomingMessage, info: RequestInfo, query: Query, socket: Duplex): UpgradeExchange {
    const warnings: string[] = [];
    const registryRequest = new ConnectedRequest(request, info, warnings, socket, this.#options.signal);
    return { request, query, info, user: NOBODY, warnings, auditId: auditIdOf(request.headers['audit-id']), registryRequest };
  }
}

/** A request that came over a connection. */
class ConnectedRequest implements RegistryRequest {
  readonly info: RequestInfo;
  user: UserInfo = NOBODY;
  readonly now = new Date();
  readonly manager: string;
  readonly #warnings: string[];
  readonly #connection: ServerResponse | Duplex;
  readonly #stopping: AbortSignal;
  #signal: AbortSignal | undefined;

  constructor(request: IncomingMessage, info: RequestInfo, warnings: string[], connection: ServerResponse | Duplex, stopping: AbortSignal) {
    this.info = info;
    this.manager = managerOf(request.headers['user-agent']);
    this.#warnings = warnings;
    this.#connection = connection;
    this.#stopping = stopping;
  }

  /** Made only when somebody asks for it, as few requests do. */
  get signal(): AbortSignal {
    return (this.#signal ??= leaveSignal(this.#connection, this.#stopping));
  }

  readonly warn = (text: string): void => void this.#warnings.push(text);
}

/** Counts a request out, once. */
export function leave(exchange: Pick<Exchange, 'leave'>): void {
  const counted = exchange.leave;
  exchange.leave = undefined;
  counted?.();
}

/** Headers of which several may come keep them apart; making that form costs something, and few requests need it. */
function credentialHeaders(request: IncomingMessage): Credentials['headers'] {
  const { headers } = request;
  const several =
    headers['x-remote-user'] !== undefined || headers['impersonate-user'] !== undefined || headers['impersonate-group'] !== undefined;
  return several ? request.headersDistinct : headers;
}

/** Aborts when the client has gone or the server stops. */
function leaveSignal(connection: ServerResponse | Duplex, stopping: AbortSignal): AbortSignal {
  const left = new AbortController();
  if (connection.closed || connection.destroyed) left.abort();
  else connection.on('close', () => left.abort());
  return AbortSignal.any([left.signal, stopping]);
}

const NOBODY: UserInfo = { name: '', groups: [] };

function parse(request: IncomingMessage): { info: RequestInfo; query: Query } {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1));
  const info = requestInfoOf(request.method ?? 'GET', path, isTrue(query.get('watch')));
  if (info.verb === 'list' || info.verb === 'watch') nameFromSelector(info, query);
  return { info, query };
}

/** A list or watch of a single name is authorized as one of that name. */
function nameFromSelector(info: RequestInfo, query: Query): void {
  const selector = query.get('fieldSelector');
  const name = selector === null ? undefined : /(?:^|,)metadata\.name==?([^,=!]+)(?:,|$)/.exec(selector)?.[1];
  if (name !== undefined) info.name = name;
}

/** What runs something in a pod needs `create`, also where WebSocket makes it a GET. */
function isCommand({ group, resource, subresource }: RequestInfo): boolean {
  return group === '' && resource === 'pods' && (subresource === 'exec' || subresource === 'attach' || subresource === 'portforward');
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

/** The client's own name for the request, if it is fit for a header; else a new one. */
function auditIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\x21-\x7e]{1,64}$/.test(header) ? header : randomUUID();
}

/** What `?timeout=10s` asks for, within what is allowed. Throws 400. */
function timeoutOf(query: Query, most: number): number {
  const text = query.size === 0 ? null : query.get('timeout');
  if (text === null || text === '') return most;
  let wanted: number;
  try {
    wanted = parseDuration(text);
  } catch (error) {
    throw badRequest(`invalid timeout specified in the request URL - ${error instanceof Error ? error.message : String(error)}`);
  }
  return wanted > 0 ? Math.min(wanted, most) : most;
}

/** The default field manager: what the user agent calls itself. */
function managerOf(userAgent: string | undefined): string {
  if (userAgent === undefined) return 'unknown';
  const slash = userAgent.indexOf('/');
  const name = slash < 0 ? userAgent : userAgent.slice(0, slash);
  return name.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 128) || 'unknown';
}

function refuseUpgrade(socket: Duplex, code: number, body: string): void {
  if (!socket.writable) return;
  socket.end(
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Refused'}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
