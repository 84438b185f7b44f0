import { Agent, request as httpsRequest } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { StatusError, type Status } from '#apimachinery';
import type { ResolveService } from './service-address.ts';
import { hostPort, transportText } from './transport-error.ts';

/** How a webhook is reached, as admission and conversion configurations say it. */
export interface WebhookClientConfig {
  url?: string;
  service?: { namespace?: string; name?: string; path?: string; port?: number };
  /** PEM in base64; absent: the authorities that the system trusts. */
  caBundle?: string;
}

/** A webhook could not be asked; the message is that of the whole call: `Post "https://…": …`. */
export class WebhookCallFailed extends Error {
  override readonly name = 'WebhookCallFailed';
}

const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const MAX_IDLE = 8;

/** Posts JSON to webhooks. Connections are kept open for each configuration until `retain` no longer names it. */
export class WebhookClient {
  readonly #resolve: ResolveService;
  readonly #agents = new Map<string, Agent>();

  constructor(resolve: ResolveService, signal: AbortSignal) {
    this.#resolve = resolve;
    signal.addEventListener('abort', () => this.retain([]), { once: true });
  }

  /** Closes the connections of all other configurations. */
  retain(configs: Iterable<WebhookClientConfig>): void {
    const kept = new Set([...configs].map(keyOf));
    for (const [key, agent] of this.#agents) {
      if (kept.has(key)) continue;
      this.#agents.delete(key);
      agent.destroy();
    }
  }

  /** The webhook's answer as JSON. Throws WebhookCallFailed when it cannot be reached, is late or answers with no 2xx. */
  async post(config: WebhookClientConfig, body: string, timeoutSeconds: number): Promise<unknown> {
    const shown = `${displayUrl(config)}?timeout=${timeoutSeconds}s`;
    const deadline = AbortSignal.timeout(timeoutSeconds * 1000);
    try {
      return await this.#send(config, shown, body, deadline);
    } catch (error) {
      if (error instanceof WebhookCallFailed) throw error;
      const why = deadline.aborted ? 'context deadline exceeded' : error instanceof StatusError ? reasonOf(error) : transportText(error);
      throw new WebhookCallFailed(`Post "${shown}": ${why}`, { cause: error });
    }
  }

  async #send(config: WebhookClientConfig, shown: string, body: string, signal: AbortSignal): Promise<unknown> {
    for (let isRetry = false; ; isRetry = true) {
      const request = this.#begin(config, shown, body, signal);
      try {
        return await answerOf(request);
      } catch (error) {
        // A connection that was kept open may have been closed by the other side meanwhile.
        const isStale = request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
        if (!isStale || isRetry || signal.aborted) throw error;
      }
    }
  }

  #begin(config: WebhookClientConfig, shown: string, body: string, signal: AbortSignal): ClientRequest {
    const { service } = config;
    const url = new URL(shown);
    const port = Number(url.port) || 443;
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    const address =
      service === undefined ? { host: hostname, port } : this.#resolve(service.namespace ?? '', service.name ?? '', service.port ?? 443);
    const request = httpsRequest({
      ...address,
      servername: /^[\d.]+$|:/.test(hostname) ? '' : hostname,
      path: url.pathname + url.search,
      method: 'POST',
      agent: this.#agent(config),
      signal,
      headers: {
        host: service === undefined ? url.host : hostPort(hostname, port),
        accept: 'application/json, */*',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'kube-apiserver-admission',
      },
    });
    request.end(body);
    return request;
  }

  #agent(config: WebhookClientConfig): Agent {
    const key = keyOf(config);
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      const ca = config.caBundle ? Buffer.from(config.caBundle, 'base64').toString() : undefined;
      this.#agents.set(key, (agent = new Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE, ca })));
    }
    return agent;
  }
}

function keyOf({ url, service, caBundle }: WebhookClientConfig): string {
  return `${url ?? `${service?.namespace}/${service?.name}:${service?.port ?? 443}`} ${caBundle ?? ''}`;
}

/** A service's webhook goes by the service's name in the cluster's DNS; that is what its certificate must be for. */
function displayUrl({ url, service }: WebhookClientConfig): string {
  if (url !== undefined) return url;
  const path = service?.path ?? '';
  return `https://${service?.name}.${service?.namespace}.svc:${service?.port ?? 443}${path.startsWith('/') ? path : `/${path}`}`;
}

function reasonOf({ status, message }: StatusError): string {
  return status.reason === 'NotFound' ? `service "${status.details?.name ?? ''}" not found` : message;
}

async function answerOf(request: ClientRequest): Promise<unknown> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_ANSWER_BYTES) throw new WebhookCallFailed('the answer is too large');
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString();
  const code = response.statusCode ?? 0;
  if (code < 200 || code > 206) throw new WebhookCallFailed(refusalText(code, text));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WebhookCallFailed(`couldn't get version/kind; json parse error: ${(error as Error).message}`, { cause: error });
  }
}

const BY_CODE: Readonly<Record<number, string>> = {
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  406: 'the server was unable to respond with a content type that the client supports',
  415: 'the server was unable to decode the content type of the request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
};

/** How a client of Kubernetes words an answer that is no success. */
function refusalText(code: number, text: string): string {
  const status = statusIn(text);
  if (status !== undefined) return status;
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (code >= 500) return `an error on the server (${JSON.stringify(text.trim() || 'unknown')}) has prevented the request from succeeding`;
  if (code === 403) return text.trim();
  return code >= 400
    ? 'the server rejected our request for an unknown reason'
    : `the server responded with the status code ${code} but did not return more information`;
}

function statusIn(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const { kind, message } = JSON.parse(text) as Partial<Status>;
    return (kind as string | undefined) === 'Status' ? message : undefined;
  } catch {
    return undefined;
  }
}
