import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { CompactedError, EtcdError } from '../errors.ts';
import { codec } from '../rpc/messages.ts';
import type { EtcdTls } from '../rpc/serve.ts';

export interface EndpointOptions {
  /** `https://host:port`, or `http://host:port` for an etcd without TLS. The first that works is used. */
  endpoints: readonly string[];
  tls?: EtcdTls;
  /** How long one request may take at one endpoint, in milliseconds. Default 10 s. */
  timeoutMs?: number;
}

export interface Call {
  service: string;
  method: string;
  request: string;
  response: string;
  /** Repeating it changes nothing: it is tried at the next endpoint after any failure of one. */
  repeatable?: boolean;
}

const CHANNEL = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  // A watch of everything at once must not wait for a window update every 64 KiB.
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
} as const;

/** Failures that say something about the endpoint rather than about the request. */
const ENDPOINT_FAILURES = new Set<number>([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED, status.INTERNAL]);
const ROUNDS = 2;

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}

/** grpc-js says so when it never got to send the request, so that even a write can go elsewhere. */
function unsent(error: ServiceError): boolean {
  return error.code === status.UNAVAILABLE && /^(No connection established|Name resolution failed)/.test(error.details);
}

/** An error of the wire as the one that the store itself would throw. */
export function etcdError(error: unknown): unknown {
  if (!isServiceError(error)) return error;
  if (error.details === 'etcdserver: mvcc: required revision has been compacted') return new CompactedError(0);
  return new EtcdError(error.code, error.details, { cause: error });
}

/** The members of a cluster: a request goes to the one that worked last, and on to the next when that fails. */
export class Endpoints {
  readonly #clients: Client[];
  readonly #timeoutMs: number;
  #current = 0;

  constructor({ endpoints, tls, timeoutMs = 10_000 }: EndpointOptions) {
    if (endpoints.length === 0) throw new Error('no etcd endpoint is given');
    this.#timeoutMs = timeoutMs;
    this.#clients = endpoints.map((endpoint) => clientOf(new URL(endpoint), tls));
  }

  async call<R>(call: Call, message: object): Promise<R> {
    const tries = this.#clients.length * ROUNDS;
    for (let attempt = 1; ; attempt++) {
      const index = this.#current;
      try {
        return await this.#once<R>(this.#clients[index] as Client, call, message);
      } catch (error) {
        if (!isServiceError(error) || !ENDPOINT_FAILURES.has(error.code)) throw etcdError(error);
        this.failed(index);
        if (attempt >= tries || !(call.repeatable || unsent(error))) throw etcdError(error);
      }
    }
  }

  /** Opens a stream at the endpoint of the hour; `index` is what `failed` wants to know when it breaks. */
  stream<Q, R>(call: Call): { stream: ClientDuplexStream<Q, R>; index: number } {
    const index = this.#current;
    const metadata = new Metadata();
    // Without a leader the member would go on being silent, and look like one where nothing happens.
    metadata.set('hasleader', 'true');
    const { encode } = codec<Q>(call.request);
    const { decode } = codec<R>(call.response);
    return { stream: (this.#clients[index] as Client).makeBidiStreamRequest<Q, R>(pathOf(call), encode, decode, metadata), index };
  }

  /** Asks the endpoint of the hour for a stream of answers. */
  download<R>(call: Call, message: object): ClientReadableStream<R> {
    const { encode } = codec<object>(call.request);
    const { decode } = codec<R>(call.response);
    return (this.#clients[this.#current] as Client).makeServerStreamRequest<object, R>(pathOf(call), encode, decode, message);
  }

  /** Turns to the next endpoint, unless somebody else has already. */
  failed(index: number): void {
    if (index === this.#current) this.#current = (index + 1) % this.#clients.length;
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #once<R>(client: Client, call: Call, message: object): Promise<R> {
    const { encode } = codec<object>(call.request);
    const { decode } = codec<R>(call.response);
    const deadline = Date.now() + this.#timeoutMs;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest<object, R>(pathOf(call), encode, decode, message, { deadline }, (error, response) => {
        if (error !== null) reject(error);
        else resolve(response as R);
      });
    });
  }
}

const pathOf = ({ service, method }: Call) => `/etcdserverpb.${service}/${method}`;

function clientOf(endpoint: URL, tls: EtcdTls | undefined): Client {
  const target = `${endpoint.hostname}:${endpoint.port || 2379}`;
  if (endpoint.protocol === 'http:') return new Client(target, credentials.createInsecure(), CHANNEL);
  const host = endpoint.hostname.replace(/^\[|\]$/g, '');
  const verify = { checkServerIdentity: (_name: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate) };
  const [ca, key, cert] = tls === undefined ? [] : [Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.cert)];
  // An address may not be sent as the server's name; what the certificate must name is still the address.
  const name = isIP(host) === 0 ? {} : { 'grpc.ssl_target_name_override': 'etcd.invalid' };
  return new Client(target, credentials.createSsl(ca, key, cert, verify), { ...CHANNEL, ...name });
}
