import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** The way that the events of one watch take to the client. */
export interface WatchTransport {
  /** Watchers whose transports have the same framing can be handed the same bytes. */
  readonly framing: string;
  /** Makes what goes on the wire of whole encoded events. */
  frame(events: Buffer): Buffer;
  /** Tells the client that the watch has begun. Called once, before the first `write`. */
  open(contentType: string): void;
  /** `framed` is shared with other watchers. */
  write(framed: Buffer): void;
  /** Bytes that the client has not taken yet. */
  readonly backlog: number;
  /** Ends after everything written so far. */
  end(): void;
  /** Ends at once: the client has stopped reading. */
  cut(): void;
  /** Calls back when the client has gone or was cut off. */
  onClose(callback: () => void): void;
  /** Calls back when nothing has moved on the connection for so many milliseconds. */
  onStill(milliseconds: number, callback: () => void): void;
}

const NEW_LINE = Buffer.from('\r\n');

/** HTTP/1.1's chunked framing, past the response: a thousand watchers are handed one and the same buffer. */
export function responseTransport(response: ServerResponse, headers: Record<string, string | string[]>): WatchTransport {
  // HTTP/1.0 has no chunks: there an answer ends with its connection.
  const isChunked = response.req.httpVersion === '1.1';
  const early: Buffer[] = [];
  let ended = false;
  /** Behind other requests on a pipelined connection there is no socket yet. */
  const whenConnected = (): void => {
    if (response.socket !== null) return;
    response.once('socket', () =>
      setImmediate(() => {
        for (const bytes of early.splice(0)) response.socket?.write(bytes);
        if (ended) response.end();
      }),
    );
  };
  return {
    framing: isChunked ? 'chunked' : 'plain',
    frame: (events) => (isChunked ? Buffer.concat([Buffer.from(`${events.length.toString(16)}\r\n`), events, NEW_LINE]) : events),
    open(contentType) {
      response.writeHead(200, { ...headers, 'content-type': contentType, 'cache-control': 'no-cache, private' });
      response.flushHeaders();
      whenConnected();
    },
    write(framed) {
      const { socket } = response;
      if (socket === null) early.push(framed);
      else if (!socket.destroyed) socket.write(framed);
    },
    get backlog() {
      return response.socket?.writableLength ?? early.reduce((sum, bytes) => sum + bytes.length, 0);
    },
    end() {
      ended = true;
      if (response.socket !== null) response.end();
    },
    cut: () => void response.destroy(),
    onClose: (callback) => void response.on('close', callback),
    // By the response, not by its socket: Node ends a connection whose stillness nobody has asked to hear of.
    onStill: (milliseconds, callback) => void response.setTimeout(milliseconds, callback),
  };
}

/** A WebSocket message for each event, as text where events are text. */
export function webSocketTransport(webSocket: WebSocket, socket: Duplex): WatchTransport {
  let isText = true;
  return {
    framing: 'websocket',
    frame: (events) => events,
    open(contentType) {
      isText = !contentType.includes('protobuf');
    },
    write(framed) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      for (const event of isText ? lines(framed) : lengthPrefixed(framed)) webSocket.send(event, { binary: !isText });
    },
    get backlog() {
      return webSocket.bufferedAmount;
    },
    end: () => webSocket.close(1000),
    cut: () => webSocket.terminate(),
    onClose: (callback) => void webSocket.on('close', callback),
    onStill(milliseconds, callback) {
      if ('setTimeout' in socket && typeof socket.setTimeout === 'function') socket.setTimeout(milliseconds, callback);
    },
  };
}

function* lines(bytes: Buffer): Iterable<Buffer> {
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(0x0a, start);
    const next = end < 0 ? bytes.length : end + 1;
    yield bytes.subarray(start, next);
    start = next;
  }
}

function* lengthPrefixed(bytes: Buffer): Iterable<Buffer> {
  for (let start = 0; start + 4 <= bytes.length;) {
    const end = start + 4 + bytes.readUInt32BE(start);
    yield bytes.subarray(start + 4, end);
    start = end;
  }
}
