import type { GrpcCall } from './grpc-call.ts';
import type { Codec } from './messages.ts';

/** A method that has its messages' codecs: it takes over a call. */
export type BoundMethod = (call: GrpcCall) => void;

/** A method of a service, before it is known what its messages are called. */
export type Method = (codecs: { request: Codec<object>; response: Codec<object> }) => BoundMethod;

export type Service = Readonly<Record<string, Method>>;

/** A method that takes a message and answers with one; a Buffer is the answer's bytes themselves. */
// The request's type says what the service's schema promises, and nothing else checks it.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function unary<Q extends object>(answer: (request: Q) => object | Promise<object>): Method {
  return ({ request, response }) =>
    (call) => {
      let asked: Q | undefined;
      call.receive({
        onMessage: (bytes) => (asked = request.decode(bytes) as Q),
        onEnd: () => void settle(call, () => answer(asked ?? (request.decode(NOTHING) as Q)), response),
      });
    };
}

const NOTHING = Buffer.alloc(0);

async function settle(call: GrpcCall, answer: () => object | Promise<object>, codec: Codec<object>): Promise<void> {
  try {
    const response = await answer();
    call.send([Buffer.isBuffer(response) ? response : codec.encode(response)]);
    call.end();
  } catch (error) {
    call.end(error);
  }
}

/** A method's side of a call in which both sides send any number of messages. */
export interface Exchange {
  onMessage(message: object): void;
  onGone?(): void;
}

/** A method that goes on until the client ends it; `open` is called once a call, with what sends an answer. */
export function exchange(open: (send: (response: object) => void, call: GrpcCall) => Exchange): Method {
  return ({ request, response }) =>
    (call) => {
      const { onMessage, onGone } = open((message) => void call.send([response.encode(message)]), call);
      call.receive({ onMessage: (bytes) => onMessage(request.decode(bytes)), onEnd: () => call.end(), onGone });
    };
}

/** A method that answers one message with many. */
export function stream(answers: () => AsyncIterable<object>): Method {
  return ({ response }) =>
    (call) => {
      call.receive({ onMessage: () => {}, onEnd: () => void sendAll(call, answers(), response) });
    };
}

async function sendAll(call: GrpcCall, answers: AsyncIterable<object>, codec: Codec<object>): Promise<void> {
  try {
    for await (const answer of answers) {
      if (call.over) return;
      if (!call.send([codec.encode(answer)])) await call.drained();
    }
    call.end();
  } catch (error) {
    call.end(error);
  }
}
