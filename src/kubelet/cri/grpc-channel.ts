import { Client, Metadata, credentials, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { CriError } from './cri-error.ts';

const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

const TO_OBJECT: protobuf.IConversionOptions = { longs: Number, enums: String, defaults: true, arrays: true, objects: true };

interface Method {
  path: string;
  serialize: (request: object) => Buffer;
  deserialize: (bytes: Buffer) => unknown;
}

export interface UnaryOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Parses a protocol once; the roots are shared by all channels that speak it. */
export function parseProtocol(text: string): protobuf.Root {
  const { root } = protobuf.parse(text);
  root.resolveAll();
  return root;
}

function compile(root: protobuf.Root, serviceName: string): Map<string, Method> {
  const methods = new Map<string, Method>();
  for (const method of root.lookupService(serviceName).methodsArray) {
    method.resolve();
    const request = method.resolvedRequestType;
    const response = method.resolvedResponseType;
    if (request === null || response === null) throw new Error(`the types of ${serviceName}/${method.name} are unknown`);
    methods.set(method.name, {
      path: `/${serviceName}/${method.name}`,
      serialize: (value) => Buffer.from(request.encode(request.fromObject(value)).finish()),
      deserialize: (bytes) => response.toObject(response.decode(bytes), TO_OBJECT),
    });
  }
  return methods;
}

function asCriError(error: ServiceError): CriError {
  return new CriError(error.code, error.details, { cause: error });
}

/** A gRPC connection over a unix socket, for the services of one protocol. Messages go in and come out as plain objects. */
export class GrpcChannel {
  readonly #client: Client;
  readonly #root: protobuf.Root;
  readonly #services = new Map<string, Map<string, Method>>();

  /** `endpoint`: an absolute path, or `unix://` and an absolute path. */
  constructor(endpoint: string, root: protobuf.Root) {
    const target = endpoint.startsWith('/') ? `unix://${endpoint}` : endpoint;
    this.#client = new Client(target, credentials.createInsecure(), {
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.min_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#root = root;
  }

  /** Throws `CriError`. `Response` is trusted to be what the protocol says. */
  unary<Response>(service: string, name: string, request: object, options: UnaryOptions = {}): Promise<Response> {
    const method = this.#method(service, name);
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted === true) return reject(new CriError('Canceled', 'context canceled'));
      const deadline = options.timeoutMs === undefined ? undefined : Date.now() + options.timeoutMs;
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.serialize,
        method.deserialize,
        request,
        new Metadata(),
        { deadline },
        (error, response) => {
          options.signal?.removeEventListener('abort', cancel);
          if (error === null) resolve(response as Response);
          else reject(asCriError(error));
        },
      );
      const cancel = (): void => call.cancel();
      options.signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  /** A server's stream; ends quietly when `signal` aborts, throws `CriError` when the stream breaks. */
  async *stream<Item>(
    service: string,
    name: string,
    request: object,
    signal: AbortSignal,
    headers: Record<string, string> = {},
  ): AsyncGenerator<Item> {
    const method = this.#method(service, name);
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
    const call: ClientReadableStream<unknown> = this.#client.makeServerStreamRequest(
      method.path,
      method.serialize,
      method.deserialize,
      request,
      metadata,
    );
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      for await (const item of call) yield item as Item;
    } catch (error) {
      if (signal.aborted) return;
      throw error instanceof Error && 'code' in error && 'details' in error ? asCriError(error as ServiceError) : error;
    } finally {
      signal.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  close(): void {
    this.#client.close();
  }

  #method(service: string, name: string): Method {
    let methods = this.#services.get(service);
    if (methods === undefined) this.#services.set(service, (methods = compile(this.#root, service)));
    const method = methods.get(name);
    if (method === undefined) throw new Error(`${service} has no method ${name}`);
    return method;
  }
}
