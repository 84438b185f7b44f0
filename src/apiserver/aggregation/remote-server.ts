import { Agent, request as httpsRequest } from 'node:https';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { APIService } from '#api/generated/apiregistration-v1.ts';
import type { UserInfo } from '../types.ts';
import { hostPort, type Address, type ResolveService } from '../webhooks/index.ts';

/** How the API server shows other API servers that it speaks for its clients; PEM. */
export interface ProxyClient {
  certificate: string;
  key: string;
}

/** One request to another API server. */
export interface RemoteRequest {
  method: string;
  /** With query. */
  path: string;
  headers: OutgoingHttpHeaders;
  signal?: AbortSignal;
  /** A connection of its own, which may be taken over: for upgrades. */
  isUpgrade?: boolean;
}

/** Connections to the API servers that APIServices name. */
export class RemoteServers {
  readonly #resolve: ResolveService;
  readonly #client: ProxyClient | undefined;
  readonly #agents = new Map<string, Agent>();

  constructor(resolve: ResolveService, client: ProxyClient | undefined) {
    this.#resolve = resolve;
    this.#client = client;
  }

  /** Begins a request to an address behind the service. Throws 404 or 503 when there is none. */
  begin({ spec }: APIService, { method, path, headers, signal, isUpgrade = false }: RemoteRequest): ClientRequest {
    const { namespace = '', name = '', port = 443 } = spec.service ?? {};
    const address = this.#resolve(namespace, name, port);
    const servername = `${name}.${namespace}.svc`;
    const tls = this.#tls(spec);
    return httpsRequest({
      ...address,
      servername,
      method,
      path,
      signal,
      headers: { ...headers, host: hostPort(servername, port) },
      ...(isUpgrade ? { ...tls, agent: false } : { agent: this.#agent(spec) }),
    });
  }

  /** The whole answer to a GET of the server's own: discovery, OpenAPI, the check whether it is there. */
  async get(service: APIService, path: string, accept: string, signal: AbortSignal): Promise<{ code: number; type: string; text: string }> {
    const headers = { accept, ...userHeaders(AGGREGATOR) };
    const request = this.begin(service, { method: 'GET', path, headers, signal });
    request.end();
    const response = await answerTo(request);
    const parts: Buffer[] = [];
    for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
    return {
      code: response.statusCode ?? 0,
      type: response.headers['content-type'] ?? '',
      text: Buffer.concat(parts).toString(),
    };
  }

  /** Where the next request would go. Throws like `begin`. */
  address({ spec }: APIService): Address {
    return this.#resolve(spec.service?.namespace ?? '', spec.service?.name ?? '', spec.service?.port ?? 443);
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #tls({ caBundle, insecureSkipTLSVerify }: APIService['spec']): object {
    const ca = caBundle ? Buffer.from(caBundle, 'base64').toString() : undefined;
    return { ca, cert: this.#client?.certificate, key: this.#client?.key, rejectUnauthorized: insecureSkipTLSVerify !== true };
  }

  /** Connections stay open for as long as the server's certificate is judged in the same way. */
  #agent(spec: APIService['spec']): Agent {
    const key = `${spec.service?.namespace}/${spec.service?.name}:${spec.service?.port ?? 443} ${spec.insecureSkipTLSVerify === true} ${spec.caBundle ?? ''}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) this.#agents.set(key, (agent = new Agent({ keepAlive: true, maxFreeSockets: 16, ...this.#tls(spec) })));
    return agent;
  }
}

const AGGREGATOR: UserInfo = { name: 'system:kube-aggregator', groups: ['system:masters'] };

/** The answer to a request, as soon as its head is there. */
export function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
}

/** The user in the headers that other API servers believe from the front proxy's certificate. */
export function userHeaders({ name, uid, groups, extra = {} }: UserInfo): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { 'x-remote-user': name, 'x-remote-group': [...groups] };
  if (uid !== undefined && uid !== '') headers['x-remote-uid'] = uid;
  for (const [key, values] of Object.entries(extra)) headers[`x-remote-extra-${encodeKey(key)}`] = [...values];
  return headers;
}

/** Header names may not have every sign that keys may. */
function encodeKey(key: string): string {
  return key.replaceAll(/[^a-zA-Z0-9!#$&'*+.^_`|~-]/g, (sign) =>
    [...Buffer.from(sign)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
